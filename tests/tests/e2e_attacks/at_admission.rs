//! All attacks that the API server refuses, on one CloudSpec with a plan on offer, under the eyes of a running controller.

use anyhow::Result;
use cloudspec_tests::cluster::Person;
use cloudspec_tests::scene::{Stage, manifest};
use kube::ResourceExt;

use super::SPEC;
use super::at_admission_rows::{ROWS, Row, Who};

/// What the rows' arguments speak of.
struct Words(Vec<(&'static str, String)>);

impl Words {
    async fn of(stage: &Stage, old: String) -> Result<Self> {
        let (offer, other) = (stage.offer("lab").await?, stage.offer("second").await?);
        let uid = stage.scene.specs().get("lab").await?.uid().unwrap_or_default();
        let approved = |name: &str| {
            let meta = format!("metadata: {{name: {name}}}");
            let annotated = format!("metadata: {{name: {name}, annotations: {{approved: \"true\"}}}}");
            manifest(name, SPEC).replace(&meta, &annotated)
        };
        Ok(Self(vec![
            ("{digest}", offer.digest),
            ("{offer}", offer.offer.to_string()),
            ("{plan}", offer.name),
            ("{old digest}", old),
            ("{other digest}", other.digest),
            ("{uid}", uid),
            ("{manifest approved}", approved("lab")),
            ("{manifest other approved}", approved("new")),
        ]))
    }

    fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

/// `lab` with its second plan on offer, `second` with a plan of its own, `planless` with none.
async fn stage() -> Result<(Stage, String)> {
    let stage = Stage::offered("attacks", SPEC).await?;
    let old = stage.offer("lab").await?.digest;
    let second = SPEC.replace("t0001", "t0002");
    stage.scene.apply("second", &second)?;
    stage.until_offered("second").await?;
    stage.scene.apply("planless", "interval: 30s\ntenants: []\n")?;
    stage.drift("drifted on");
    stage
        .scene
        .until("lab", "the plan is another one", |object| {
            let plan = object.status.as_ref().and_then(|status| status.plan.as_ref());
            plan.is_some_and(|plan| plan.digest != old)
        })
        .await?;
    Ok((stage, old))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_at_admission_never_reaches_the_cloud_and_the_right_approval_still_does() {
    let (stage, old) = stage().await.unwrap();
    let mut wrong = Vec::new();
    for row in ROWS {
        if let Err(why) = attack(&stage, row, &old).await {
            wrong.push(format!("{}: {why:#}", row.name));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(ROWS.len() >= 25, "{}", ROWS.len());
    // The controller was awake all the time: it does what is approved rightly, and that alone.
    stage.approve("true").unwrap();
    stage.until_reason("lab", "Applied", "Succeeded").await.unwrap();
    assert_eq!((stage.proxy.writes().len(), stage.decided().await.unwrap().len()), (1, 1));
    assert_eq!(stage.description().as_deref(), Some("as declared"));
}

async fn attack(stage: &Stage, row: &Row, old: &str) -> Result<()> {
    let words = Words::of(stage, old.to_owned()).await?;
    let admin = Person::admin()?;
    let who = match row.who {
        Who::Admin => &admin,
        Who::Alice => &stage.scene.alice,
        Who::Bob => &stage.scene.bob,
    };
    let arguments: Vec<String> = row.arguments.iter().map(|argument| words.fill(argument)).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let answer = stage.kubectl(who, &arguments, &words.fill(row.input))?;
    anyhow::ensure!(!answer.succeeded, "went through: {}", answer.output);
    anyhow::ensure!(
        answer.error.contains(row.refusal),
        "expected {:?}, was told {}",
        row.refusal,
        answer.error
    );
    stage.untouched().await
}
