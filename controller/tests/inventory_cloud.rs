//! What a tenant holds in Nova, Cinder and Glance, from answers that are whole, that lie, and that are not understood.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

use std::collections::BTreeMap;
use std::sync::Arc;

use cloudspec::model::cloud::CloudIdentity;
use cloudspec::model::ids::ProjectId;
use cloudspec::model::{Inventory, Resource, ResourceType};
use cloudspec::observe::{
    CloudRead, ComputeListing, IdentityListing, ImageListing, KeyManagerListing, Listing, ReadError, Reason,
    Rows, VolumeListing, inventory,
};
use futures::future::{BoxFuture, FutureExt};
use serde_json::{Value, json};

/// Answers from a table; what is not in it is an empty listing, and one empty object where limits are asked for. The catalogue is not told: every
/// service is asked.
#[derive(Default)]
struct Table(BTreeMap<Listing, Result<Value, Reason>>);

impl Table {
    fn with(mut self, listing: impl Into<Question>, rows: Value) -> Self {
        self.0.insert(listing.into().0, Ok(rows));
        self
    }

    fn without(mut self, listing: impl Into<Question>, why: Reason) -> Self {
        self.0.insert(listing.into().0, Err(why));
        self
    }
}

struct Question(Listing);

impl From<ComputeListing> for Question {
    fn from(of: ComputeListing) -> Self {
        Self(Listing::Compute(of))
    }
}

impl From<VolumeListing> for Question {
    fn from(of: VolumeListing) -> Self {
        Self(Listing::Volume(of))
    }
}

impl From<ImageListing> for Question {
    fn from(of: ImageListing) -> Self {
        Self(Listing::Image(of))
    }
}

impl From<IdentityListing> for Question {
    fn from(of: IdentityListing) -> Self {
        Self(Listing::Identity(of))
    }
}

impl From<Listing> for Question {
    fn from(of: Listing) -> Self {
        Self(of)
    }
}

fn cloud() -> &'static CloudIdentity {
    static CLOUD: std::sync::OnceLock<CloudIdentity> = std::sync::OnceLock::new();
    CLOUD.get_or_init(|| CloudIdentity {
        auth_url: "https://keystone".into(),
        region: "One".into(),
        endpoints: [].into(),
    })
}

fn is_of_the_catalogue(what: &Listing) -> bool {
    match what {
        Listing::Identity(of) => {
            !matches!(of, IdentityListing::EffectiveOnProject(_) | IdentityListing::EffectiveOfUser(_))
        }
        _ => false,
    }
}

impl CloudRead for Table {
    fn identity(&self) -> &CloudIdentity {
        cloud()
    }

    fn rows<'a>(&'a self, what: &'a Listing) -> BoxFuture<'a, Result<Rows, ReadError>> {
        let limits = matches!(
            what,
            Listing::ComputeQuota(_)
                | Listing::VolumeQuota(_)
                | Listing::NetworkQuotaDefaults
                | Listing::LoadBalancerQuotaDefaults
                | Listing::KeyManager(KeyManagerListing::Quota(_))
                | Listing::Compute(ComputeListing::QuotaDefaults(_))
                | Listing::Volume(VolumeListing::QuotaDefaults(_))
        );
        let answer = match self.0.get(what) {
            Some(Ok(rows)) => Ok(Arc::new(rows.as_array().unwrap().clone())),
            Some(Err(why)) => Err(ReadError::new(what.service(), *why, format!("{what}: no"))),
            None if limits => Ok(Arc::new(vec![json!({})])),
            None if is_of_the_catalogue(what) => {
                Err(ReadError::new(what.service(), Reason::NotFound, "as told"))
            }
            None => Ok(Rows::default()),
        };
        async move { answer }.boxed()
    }

    fn project(&self) -> BoxFuture<'_, Result<Option<ProjectId>, ReadError>> {
        async { Ok(Some("own".into())) }.boxed()
    }
}

async fn seen(table: Table) -> Inventory {
    inventory(&table, &"t".into()).await
}

fn held(seen: &Inventory, kind: ResourceType) -> &[Resource] {
    seen.held[&kind].as_ref().unwrap_or_else(|why| panic!("{kind}: {why}"))
}

fn reason(seen: &Inventory, kind: ResourceType) -> &str {
    seen.held[&kind].as_ref().unwrap_err().reason.as_str()
}

const CINDERS: [ResourceType; 7] = [
    ResourceType::VolumeTransfer,
    ResourceType::Backup,
    ResourceType::GroupSnapshot,
    ResourceType::Snapshot,
    ResourceType::VolumeGroup,
    ResourceType::Volume,
    ResourceType::VolumeTypeAccess,
];
const NOVAS: [ResourceType; 4] =
    [ResourceType::Server, ResourceType::ServerGroup, ResourceType::Keypair, ResourceType::FlavorAccess];
const GLANCES: [ResourceType; 3] =
    [ResourceType::ImageProtection, ResourceType::Image, ResourceType::ImageMembership];

fn t() -> ProjectId {
    "t".into()
}

#[tokio::test]
async fn nothing_listed_is_nothing_held() {
    let seen = seen(Table::default()).await;
    for kind in CINDERS.into_iter().chain(NOVAS).chain(GLANCES) {
        assert_eq!(held(&seen, kind), [], "{kind}");
    }
    assert!(seen.losses.is_empty());
}

fn server(id: &str, project: &str) -> Value {
    json!({"id": id, "name": id, "status": "ACTIVE", "tenant_id": project, "OS-EXT-STS:task_state": null})
}

#[tokio::test]
async fn a_row_of_another_is_passed_over_and_one_of_no_one_is_not_understood() {
    let rows = json!([server("mine", "t"), server("theirs", "n")]);
    let seen_both = seen(Table::default().with(ComputeListing::Servers(t()), rows)).await;
    let names: Vec<&str> =
        held(&seen_both, ResourceType::Server).iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["mine"]);
    let rows = json!([{"id": "s", "name": "s", "status": "ACTIVE"}]);
    let seen_neither = seen(Table::default().with(ComputeListing::Servers(t()), rows)).await;
    assert_eq!(reason(&seen_neither, ResourceType::Server), "Unparsable");
}

#[tokio::test]
async fn a_server_that_is_soft_deleted_meanwhile_is_one() {
    let table = Table::default()
        .with(ComputeListing::Servers(t()), json!([server("s", "t")]))
        .with(ComputeListing::SoftDeletedServers(t()), json!([server("s", "t"), server("u", "t")]));
    assert_eq!(held(&seen(table).await, ResourceType::Server).len(), 2);
}

#[tokio::test]
async fn the_servers_of_a_silent_cell_are_not_gone() {
    let services = json!([
        {"binary": "nova-compute", "host": "a", "status": "enabled"},
        {"binary": "nova-compute", "host": "b", "status": "UNKNOWN"},
    ]);
    let seen = seen(Table::default().with(ComputeListing::Services, services)).await;
    assert_eq!(reason(&seen, ResourceType::Server), "Truncated");
    assert!(seen.held[&ResourceType::Server].as_ref().unwrap_err().message.contains("nova-compute on b"));
}

#[tokio::test]
async fn a_credential_that_does_not_see_all_is_not_believed() {
    let table = Table::default()
        .without(ComputeListing::DeletedServers, Reason::Forbidden)
        .without(VolumeListing::Volumes(t()), Reason::Rejected)
        .without(ImageListing::Stores, Reason::Forbidden);
    let seen = seen(table).await;
    for kind in [
        ResourceType::ServerGroup,
        ResourceType::FlavorAccess,
        ResourceType::Volume,
        ResourceType::VolumeTransfer,
        ResourceType::VolumeTypeAccess,
    ]
    .into_iter()
    .chain(GLANCES)
    {
        assert_eq!(reason(&seen, kind), "ReachNotProven", "{kind}");
    }
}

#[tokio::test]
async fn a_listing_that_fails_takes_its_type_and_leaves_the_others() {
    let table = Table::default()
        .without(VolumeListing::Snapshots(t()), Reason::ServerError)
        .with(ComputeListing::Flavors, json!([{"id": "f", "name": "f", "os-flavor-access:is_public": false}]))
        .without(ComputeListing::FlavorAccess("f".into()), Reason::Timeout);
    let seen = seen(table).await;
    assert_eq!(reason(&seen, ResourceType::Snapshot), "ServerError");
    assert_eq!(reason(&seen, ResourceType::FlavorAccess), "Timeout");
    assert_eq!(held(&seen, ResourceType::Volume), []);
    assert_eq!(held(&seen, ResourceType::ServerGroup), []);
}

fn role(user: &str, scope: Value) -> Value {
    json!({"user": {"id": user, "name": user}, "role": {"id": "r"}, "scope": scope})
}

#[tokio::test]
async fn a_keypair_goes_only_with_a_user_who_has_no_role_elsewhere() {
    let here = json!({"project": {"id": "t"}});
    let elsewhere = [
        ("by-project", json!({"project": {"id": "n"}})),
        ("by-domain", json!({"domain": {"id": "d"}})),
        ("by-system", json!({"system": {"all": true}})),
    ];
    let mut holders = vec![role("bound", here.clone()), role("bound", here.clone())];
    let mut table = Table::default().with(
        ComputeListing::Keypairs("bound".into()),
        json!([{"keypair": {"name": "k"}}, {"keypair": {"name": "k 2"}}, {"keypair": {"name": ".."}}]),
    );
    table =
        table.with(IdentityListing::EffectiveOfUser("bound".into()), json!([role("bound", here.clone())]));
    for (user, scope) in elsewhere {
        holders.push(role(user, here.clone()));
        let rows = json!([role(user, here.clone()), role(user, scope)]);
        table = table
            .with(IdentityListing::EffectiveOfUser(user.into()), rows)
            .without(ComputeListing::Keypairs(user.into()), Reason::ServerError);
    }
    let seen = seen(table.with(IdentityListing::EffectiveOnProject(t()), json!(holders))).await;
    let keypairs = held(&seen, ResourceType::Keypair);
    assert!(keypairs.iter().all(|one| one.key.of.as_deref() == Some("bound")), "{keypairs:?}");
    let nameable: Vec<&str> =
        keypairs.iter().filter(|one| one.hindrance.is_none()).map(|one| one.name.as_str()).collect();
    assert_eq!((nameable, keypairs.len()), (vec!["k", "k 2"], 3));
    let losses: Vec<&str> = seen.losses.iter().map(|loss| loss.what.as_str()).collect();
    assert_eq!(losses, ["user bound (bound) is left without any project"]);
}

#[tokio::test]
async fn who_has_roles_where_is_not_guessed() {
    let table = Table::default().without(IdentityListing::EffectiveOnProject(t()), Reason::Forbidden);
    assert_eq!(reason(&seen(table).await, ResourceType::Keypair), "Forbidden");
}

#[tokio::test]
async fn limits_of_its_own_are_those_that_differ() {
    let table = Table::default()
        .with(Listing::ComputeQuota(t()), json!([{"id": "t", "cores": 0}]))
        .with(ComputeListing::QuotaDefaults(t()), json!([{"id": "t", "cores": 20}]))
        .with(Listing::VolumeQuota(t()), json!([{"id": "t", "volumes": 10}]))
        .with(VolumeListing::QuotaDefaults(t()), json!([{"id": "t", "volumes": 10}]));
    let seen = seen(table).await;
    let own: Vec<&str> = held(&seen, ResourceType::Quota).iter().map(|one| one.key.id.as_str()).collect();
    assert_eq!(own, ["compute"]);
}

fn image(id: &str, owner: &str, visibility: &str) -> Value {
    json!({"id": id, "name": id, "owner": owner, "status": "active", "size": 1, "visibility": visibility, "protected": false})
}

#[tokio::test]
async fn where_glance_has_one_store_a_private_image_of_another_is_the_witness() {
    let one_store = || Table::default().without(ImageListing::Stores, Reason::NotFound);
    let own = one_store().with(ImageListing::Private, json!([image("i", "own", "private")]));
    assert_eq!(reason(&seen(own).await, ResourceType::Image), "ReachNotProven");
    let rows = json!([image("i", "own", "private"), image("j", "n", "private")]);
    let others = one_store().with(ImageListing::Private, rows);
    assert_eq!(held(&seen(others).await, ResourceType::Image), []);
}

#[tokio::test]
async fn who_uses_an_image_must_be_told() {
    let owned = ImageListing::Images { owner: t(), hidden: false };
    let table = Table::default()
        .with(owned, json!([image("i", "t", "shared")]))
        .without(ImageListing::Members("i".into()), Reason::ServerError);
    assert_eq!(reason(&seen(table).await, ResourceType::Image), "ServerError");
}

#[tokio::test]
async fn memberships_are_asked_for_image_by_image_up_to_a_bound() {
    let shared = |count: usize| {
        let rows: Vec<Value> = (0..count).map(|n| image(&format!("i{n}"), "n", "shared")).collect();
        Table::default()
            .with(ImageListing::Shared { hidden: false }, json!(rows))
            .with(ImageListing::Members("i7".into()), json!([{"member_id": "t"}, {"member_id": "n2"}]))
    };
    let within = seen(shared(500)).await;
    let found = held(&within, ResourceType::ImageMembership);
    assert_eq!((found.len(), found[0].key.of.as_deref()), (1, Some("i7")));
    let refused = |count| shared(count).without(ImageListing::Members("i8".into()), Reason::ServerError);
    assert_eq!(reason(&seen(refused(500)).await, ResourceType::ImageMembership), "ServerError");
    assert_eq!(held(&seen(refused(501)).await, ResourceType::ImageMembership), [], "told as not covered");
}
