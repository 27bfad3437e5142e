//! A domain of its own on the real cloud, and a writer whose calls a proxy counts.

use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use cloudspec::apply::port::{CloudWrite, Look, WriteError, Written};
use cloudspec::model::Action;
use cloudspec::model::action::{GroupRef, ProjectRef, RuleRef};
use cloudspec::model::desired::{GroupName, TenantName};
use cloudspec::openstack::{CloudConfig, Limits, Writer};
use cloudspec_tests::approved::approved;
use cloudspec_tests::proxy::{Call, Proxy};
use cloudspec_tests::real::{Client, entry};
use futures::FutureExt;
use reqwest::Method;
use serde_json::{Value, json};

/// The calls of a plan of this one; what is in a new group needs the step that makes the group.
fn calls_of(action: &Action) -> Vec<Action> {
    let Action::DeleteRule { which: RuleRef::Initial, rule, .. } = action else {
        return vec![action.clone()];
    };
    let name =
        GroupName { project: TenantName { domain: "d".into(), name: "p".into() }, name: "made".into() };
    let project = ProjectRef::Id("p".into());
    vec![
        Action::CreateSecurityGroup { project, name: name.clone(), description: String::new() },
        Action::DeleteRule { group: GroupRef::Made(name), which: RuleRef::Initial, rule: rule.clone() },
    ]
}

/// A domain with one project, and the way to the writer under test.
pub(crate) struct Place {
    pub(crate) admin: Client,
    pub(crate) domain: String,
    pub(crate) domain_name: String,
    pub(crate) project: String,
    proxy: Proxy,
    through: CloudConfig,
}

/// Runs a test in a place of its own, which is removed whatever becomes of the test.
pub(crate) async fn in_a_place<F: Future<Output = ()>>(test: impl FnOnce(Arc<Place>) -> F) {
    let place = Arc::new(Place::make().await);
    let result = AssertUnwindSafe(test(place.clone())).catch_unwind().await;
    place.remove().await;
    if let Err(panic) = result {
        resume_unwind(panic);
    }
}

impl Place {
    async fn make() -> Self {
        let config = entry("key-manager");
        let admin = Client::admin().await;
        let proxy = Proxy::start(&config.identity().auth_url).await.unwrap();
        let mut through = config;
        through.auth_url = proxy.url().trim_end_matches("/v3").parse().unwrap();
        let domain_name = format!("write-{}", uuid::Uuid::new_v4().simple());
        let domain = admin.make("identity /domains", "domain", json!({"name": domain_name})).await;
        let fields = json!({"name": "shop", "domain_id": domain, "description": "first", "tags": ["a"]});
        let project = admin.make("identity /projects", "project", fields).await;
        Self { admin, domain, domain_name, project, proxy, through }
    }

    async fn remove(&self) {
        let nothing = || Value::Null;
        let projects = format!("identity /projects?domain_id={}", self.domain);
        let (_, projects) = self.admin.ask(Method::GET, &projects, nothing()).await;
        for row in projects["projects"].as_array().into_iter().flatten() {
            let id = row["id"].as_str().unwrap_or_default();
            self.empty(id).await;
            let lift = json!({"project": {"options": {"immutable": false}}});
            self.admin.ask(Method::PATCH, &format!("identity /projects/{id}"), lift).await;
        }
        let domain = format!("identity /domains/{}", self.domain);
        self.admin.ask(Method::PATCH, &domain, json!({"domain": {"enabled": false}})).await;
        self.admin.ask(Method::DELETE, &domain, nothing()).await;
        assert_eq!(self.admin.ask(Method::GET, &domain, nothing()).await.0, 404, "it is removed again");
    }

    async fn empty(&self, project: &str) {
        for (path, key) in [("security-groups", "security_groups"), ("address-groups", "address_groups")] {
            let listing = format!("network /{path}?project_id={project}");
            // A group that another's rule names can be removed after that other.
            for _ in 0..2 {
                let (_, rows) = self.admin.ask(Method::GET, &listing, Value::Null).await;
                for row in rows[key].as_array().into_iter().flatten() {
                    let id = row["id"].as_str().unwrap_or_default();
                    self.admin.ask(Method::DELETE, &format!("network /{path}/{id}"), Value::Null).await;
                }
            }
        }
        for limits in [
            "compute /os-quota-sets",
            "block-storage /os-quota-sets",
            "network /quotas",
            "load-balancer /lbaas/quotas",
            "key-manager /project-quotas",
        ] {
            self.admin.ask(Method::DELETE, &format!("{limits}/{project}"), Value::Null).await;
        }
    }

    /// The writer of a plan of this one call.
    fn writer(&self, action: &Action) -> Writer {
        let plan = approved(&self.through.identity(), &calls_of(action)).unwrap();
        Writer::new(self.through.clone(), None, Limits::default(), Arc::new(|_| {}), &plan).unwrap()
    }

    pub(crate) async fn look(&self, action: &Action) -> Look {
        let before = self.proxy.writes().len();
        let look = self.writer(action).look(action).await.unwrap();
        assert_eq!(self.proxy.writes().len(), before, "a look changes nothing");
        look
    }

    /// Why the look refuses.
    pub(crate) async fn refusal(&self, action: &Action) -> String {
        match self.look(action).await {
            Look::Refused { why } => why,
            other => panic!("{action:?}: {other:?}"),
        }
    }

    /// The revision of what is ready.
    pub(crate) async fn ready(&self, action: &Action) -> Option<i64> {
        match self.look(action).await {
            Look::Ready { revision } => revision,
            other => panic!("{action:?}: {other:?}"),
        }
    }

    /// The one call, with the answer of the writer and what went over the wire.
    pub(crate) async fn make_it(
        &self,
        action: &Action,
        revision: Option<i64>,
    ) -> (Result<Written, WriteError>, Call) {
        let id = format!("req-{}", uuid::Uuid::new_v4());
        let before = self.proxy.writes().len();
        let written = self.writer(action).make(action, revision, &id).await;
        let calls = self.proxy.writes().split_off(before);
        let [call] = calls.as_slice() else { panic!("{action:?} took {} calls: {calls:?}", calls.len()) };
        assert_eq!(call.sent_request_id.as_deref(), Some(id.as_str()), "{call}");
        (written, call.clone())
    }

    /// Ready, made by one call, and then done: the id that was made.
    pub(crate) async fn carry_out(&self, action: &Action) -> Option<String> {
        let revision = self.ready(action).await;
        let (written, call) = self.make_it(action, revision).await;
        let Written { id, request_id, progress: _ } =
            written.unwrap_or_else(|why| panic!("{action:?}: {why}: {call}"));
        assert_eq!(request_id, call.request_id, "{call}: the service's own id is kept");
        let request_id = request_id.unwrap_or_default();
        assert!(request_id.starts_with("req-"), "{call}: {request_id:?}");
        assert_eq!(self.look(action).await, Look::AlreadyDone { id: id.clone() }, "{action:?}");
        id
    }

    /// The call is made though the look would refuse it: the status of the service's refusal.
    pub(crate) async fn refused(&self, action: &Action, revision: Option<i64>) -> u16 {
        match self.make_it(action, revision).await {
            (Err(WriteError::Refused { status, message, request_id }), call) => {
                assert!(!message.is_empty());
                assert_eq!(request_id, call.request_id, "{call}");
                status
            }
            (other, call) => panic!("{call}: {other:?}"),
        }
    }

    /// The call is made though it cannot succeed: what is told is that a look must tell.
    pub(crate) async fn unclear(&self, action: &Action, revision: Option<i64>) -> u16 {
        match self.make_it(action, revision).await {
            (Err(WriteError::Unclear { .. }), call) => call.status.unwrap(),
            (other, call) => panic!("{call}: {other:?}"),
        }
    }
}
