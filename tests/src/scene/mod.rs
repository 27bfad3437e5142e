//! One test's own piece of a running system: a namespace, people, a credential, and a controller that looks after it.
//!
//! What comes in: a `clouds.yaml` (of a simulated cloud, a proxy, or the real one). What goes out: objects as people see them.
//!
//! # Guarantees
//! Two scenes share the API server with its policies, and nothing else. What is waited for is waited for by its state; a wait
//! that ends in vain shows the object and the end of the controller's log.

mod controller;
pub mod leaving;
pub mod real;
mod stage;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use cloudspec_crds::{ChangePlan, CloudSpec, CloudSpecStatus};
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, ListParams, ObjectMeta, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config, ResourceExt};

pub use controller::{Controller, program};
pub use stage::Stage;

use crate::cluster::{self, Answer, Namespace, Person};

/// Far more than a machine under load needs.
const WITHIN: Duration = Duration::from_secs(90);

/// A test's own piece of a running system.
#[derive(Debug)]
pub struct Scene {
    /// Where everything is.
    pub namespace: Namespace,
    /// May edit and approve.
    pub alice: Person,
    /// May edit.
    pub bob: Person,
    /// The controller, while it runs.
    pub controller: Option<Controller>,
    client: Quiet,
    kubeconfig: Person,
    arguments: Vec<String>,
}

/// A client that says nothing of itself.
#[derive(Clone)]
struct Quiet(Client);

impl std::fmt::Debug for Quiet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

impl Scene {
    /// A scene with the Secret `cloud`; the controller is not started yet.
    ///
    /// # Errors
    /// When the rig does not run.
    pub async fn new(test: &str, clouds_yaml: &str) -> Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        cluster::install()?;
        let namespace = Namespace::new(test)?;
        let (alice, bob) = (Person::named("alice", &["people"])?, Person::named("bob", &["people"])?);
        for (role, person) in
            [("cloudspec-edit", &alice), ("cloudspec-approve", &alice), ("cloudspec-edit", &bob)]
        {
            namespace.bind(role, person)?;
        }
        let admin = Person::admin()?;
        let client = client_of(&admin).await?;
        let kubeconfig = Person::controller(&namespace.name)?;
        let scene = Self {
            alice,
            bob,
            controller: None,
            client: Quiet(client),
            kubeconfig,
            arguments: Vec::new(),
            namespace,
        };
        scene.secret("cloud", clouds_yaml).await?;
        scene.open_secrets(&admin)?;
        Ok(scene)
    }

    /// The same with more arguments for the controller.
    #[must_use]
    pub fn with_arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        self
    }

    fn open_secrets(&self, admin: &Person) -> Result<()> {
        let name = &self.namespace.name;
        let role = ["create", "role", "secrets", "--verb=get", "--resource=secrets", "--resource-name=cloud"];
        self.namespace.kubectl(admin, &role, "")?.or_fail()?;
        let account = "--serviceaccount=cloudspec-system:cloudspec-controller";
        let binding = ["create", "rolebinding", "secrets", "--role=secrets", account];
        self.namespace.kubectl(admin, &binding, "")?.or_fail().with_context(|| format!("in {name}"))?;
        Ok(())
    }

    /// Makes or replaces a Secret with this clouds.yaml.
    ///
    /// # Errors
    /// When the API server refuses.
    pub async fn secret(&self, name: &str, clouds_yaml: &str) -> Result<()> {
        let api: Api<Secret> = Api::namespaced(self.client(), &self.namespace.name);
        let secret = Secret {
            metadata: ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() },
            string_data: Some([("clouds.yaml".to_owned(), clouds_yaml.to_owned())].into()),
            ..Secret::default()
        };
        match api.get_opt(name).await? {
            None => api.create(&PostParams::default(), &secret).await?,
            Some(_) => api.replace(name, &PostParams::default(), &secret).await?,
        };
        Ok(())
    }

    /// The administrator's client.
    pub fn client(&self) -> Client {
        self.client.0.clone()
    }

    /// Starts the controller, with the rights of its service account, on this namespace.
    ///
    /// # Errors
    /// When the program is not built.
    pub async fn start(&mut self) -> Result<()> {
        let lease = self.namespace.name.clone();
        self.controller = Some(self.another(&lease).await?);
        Ok(())
    }

    /// Another replica: the one that holds the lease works.
    ///
    /// # Errors
    /// When the program is not built.
    pub async fn another(&self, lease: &str) -> Result<Controller> {
        let mut arguments = vec!["--namespace", &self.namespace.name, "--lease", lease];
        arguments.extend(self.arguments.iter().map(String::as_str));
        Controller::start(self.kubeconfig.kubeconfig(), &arguments).await
    }

    /// Applies a CloudSpec as bob; `spec` is the part below `spec:`, without the cloud.
    ///
    /// # Errors
    /// When the API server refuses.
    pub fn apply(&self, name: &str, spec: &str) -> Result<Answer> {
        self.namespace.kubectl(&self.bob, &["apply", "-f", "-"], &manifest(name, spec))?.or_fail()
    }

    /// The CloudSpecs of this scene.
    pub fn specs(&self) -> Api<CloudSpec> {
        Api::namespaced(self.client(), &self.namespace.name)
    }

    /// The status of a CloudSpec.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn status(&self, name: &str) -> Result<CloudSpecStatus> {
        Ok(self.specs().get(name).await?.status.unwrap_or_default())
    }

    /// The API of the ChangePlans of this scene.
    pub fn plan_api(&self) -> Api<ChangePlan> {
        Api::namespaced(self.client(), &self.namespace.name)
    }

    /// The ChangePlans, the oldest first.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub async fn plans(&self) -> Result<Vec<ChangePlan>> {
        let mut plans = self.plan_api().list(&ListParams::default()).await?.items;
        plans.sort_by_key(|plan| (plan.creation_timestamp().map(|time| time.0), plan.name_any()));
        Ok(plans)
    }

    /// Waits until something holds of a CloudSpec.
    ///
    /// # Errors
    /// When it does not in time: with the object and the end of the log.
    pub async fn until(
        &self,
        name: &str,
        what: &str,
        holds: impl Fn(&CloudSpec) -> bool,
    ) -> Result<CloudSpec> {
        let deadline = Instant::now() + WITHIN;
        loop {
            // An API server that is away for a while is what some tests are about.
            let object = self.specs().get(name).await;
            if let Some(object) = object.as_ref().ok().filter(|object| holds(object)) {
                return Ok(object.clone());
            }
            if Instant::now() > deadline {
                let seen = object.map(|object| serde_saphyr::to_string(&object).unwrap_or_default());
                let log = self.controller.as_ref().map(Controller::log).unwrap_or_default();
                let end: Vec<&str> = log.lines().rev().take(40).collect();
                let end = end.into_iter().rev().collect::<Vec<_>>().join("\n");
                bail!("waited in vain until {what}\n{seen:?}\nthe controller's log:\n{end}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits for a state in a word.
    ///
    /// # Errors
    /// As [`Scene::until`].
    pub async fn until_state(&self, name: &str, state: &str) -> Result<CloudSpec> {
        self.until(name, &format!("{name} is {state}"), |object| {
            let status = object.status.clone().unwrap_or_default();
            status.state.as_deref() == Some(state) && status.observed_generation == object.metadata.generation
        })
        .await
    }

    /// `kubectl annotate cloudspec NAME approved=VALUE`.
    ///
    /// # Errors
    /// When kubectl cannot be run; a refusal is an answer.
    pub fn annotate(&self, person: &Person, name: &str, approved: &str) -> Result<Answer> {
        let approved = format!("approved={approved}");
        self.namespace.kubectl(person, &["annotate", "--overwrite", "cloudspec", name, &approved], "")
    }
}

/// A CloudSpec whose cloud is the Secret `cloud`.
pub fn manifest(name: &str, spec: &str) -> String {
    let cloud = "{observe: {secretName: cloud, cloudName: observer, identityCloudName: observer-system}, \
                 apply: {secretName: cloud, cloudName: admin}}";
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "apiVersion: cloudspec.dev/v1alpha1\nkind: CloudSpec\nmetadata: {{name: {name}}}\nspec:\n  cloud: {cloud}\n{spec}"
    )
}

/// Status and reason of a condition.
pub fn condition<'a>(object: &'a CloudSpec, kind: &str) -> Option<(&'a str, &'a str)> {
    let conditions = &object.status.as_ref()?.conditions;
    let found = conditions.iter().find(|condition| condition.type_ == kind)?;
    Some((&found.status, &found.reason))
}

/// A client as a person.
///
/// # Errors
/// When the kubeconfig is not understood.
pub async fn client_of(person: &Person) -> Result<Client> {
    let kubeconfig = Kubeconfig::read_from(person.kubeconfig())?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(Client::try_from(config)?)
}
