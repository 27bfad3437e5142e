//! What a look tells of a resource in Nova, Cinder and Glance, by what the service answers; and its listings, page by page.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

mod approval;
mod fake;

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use cloudspec::apply::port::{CloudWrite, Look, WriteError};
use cloudspec::gate::ApprovedPlan;
use cloudspec::model::cloud::CloudIdentity;
use cloudspec::model::{Action, Class, ResourceKey, ResourceType, Step};
use cloudspec::observe::{CloudRead, ComputeListing, ImageListing, Listing, VolumeListing};
use cloudspec::openstack::Writer;
use fake::{Fake, broken, config, limits, ok, status};
use http::StatusCode;
use serde_json::{Value, json};

/// A plan of one call, approved.
fn approved(cloud: &CloudIdentity, action: Action) -> ApprovedPlan {
    let step = Step {
        number: 1,
        wave: 1,
        action,
        summary: "takes it away".into(),
        findings: vec!["f".into()],
        class: Class::Destructive,
        before: None,
        after: None,
        side_effects: vec!["it is lost".into()],
        revert: "nothing".into(),
    };
    approval::approved(cloud, vec![step])
}

/// A plan of these calls, approved.
fn approved_all(cloud: &CloudIdentity, actions: &[Action]) -> ApprovedPlan {
    let one = approved(cloud, actions[0].clone());
    let step = |(number, action): (u32, &Action)| Step {
        number,
        action: action.clone(),
        ..one.plan().steps[0].clone()
    };
    approval::approved(cloud, (1..).zip(actions).map(step).collect())
}

/// The answer to a path: a status and a body.
type Answers = fn(&str) -> (u16, Value);

async fn look(kind: ResourceType, answers: Answers) -> Result<Look, WriteError> {
    let fake = Fake::start(move |_, path, _| answer(answers(path))).await;
    let config = config(&fake.url);
    let of = matches!(kind, ResourceType::Keypair | ResourceType::ImageMembership).then(|| "of".to_owned());
    let id = if kind == ResourceType::ImageMembership { "t" } else { "x" };
    let what = ResourceKey { kind, id: id.into(), of };
    let action = Action::Remove { what, project: "t".into() };
    let plan = approved(&config.identity(), action.clone());
    let writer = Writer::new(config, None, limits(), Arc::new(|_| {}), &plan).unwrap();
    let look = writer.look(&action).await;
    assert_eq!(fake.asked.lock().unwrap().iter().filter(|asked| asked.0 == "POST").count(), 1, "the login");
    look
}

fn answer((code, body): (u16, Value)) -> Response {
    (StatusCode::from_u16(code).unwrap(), axum::Json(body)).into_response()
}

const READY: Result<Look, WriteError> = Ok(Look::Ready { revision: None });
const GONE: Result<Look, WriteError> = Ok(Look::AlreadyDone { id: None });

fn waiting(look: &Result<Look, WriteError>) -> bool {
    matches!(look, Ok(Look::Waiting { .. }))
}

fn refused(look: &Result<Look, WriteError>) -> bool {
    matches!(look, Ok(Look::Refused { .. }) | Err(WriteError::Refused { .. }))
}

fn not_found() -> (u16, Value) {
    (404, json!({"itemNotFound": {"code": 404, "message": "x could not be found."}, "message": "no x"}))
}

fn volume(fields: Value) -> (u16, Value) {
    let mut all = json!({"id": "x", "status": "available", "os-vol-tenant-attr:tenant_id": "t"});
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    (200, json!({"volume": all}))
}

#[tokio::test]
async fn a_volume_is_ready_on_its_way_or_stuck() {
    let of = ResourceType::Volume;
    assert_eq!(look(of, |_| volume(json!({}))).await, READY);
    assert_eq!(look(of, |_| volume(json!({"status": "error"}))).await, READY);
    assert!(waiting(&look(of, |_| volume(json!({"status": "deleting"}))).await));
    assert!(waiting(&look(of, |_| volume(json!({"status": "in-use"}))).await));
    assert!(waiting(&look(of, |_| volume(json!({"status": "awaiting-transfer"}))).await));
    assert!(waiting(&look(of, |_| volume(json!({"group_id": "g"}))).await));
    let stuck = look(of, |_| volume(json!({"status": "error_deleting"}))).await;
    assert!(refused(&stuck) && format!("{stuck:?}").contains("state reset"), "{stuck:?}");
    assert!(refused(&look(of, |_| volume(json!({"os-vol-tenant-attr:tenant_id": "n"}))).await));
    let odd = look(of, |_| (200, json!({"volume": {"id": "x", "status": "available"}}))).await;
    assert!(matches!(odd, Err(WriteError::Unclear { .. })), "{odd:?}");
}

#[tokio::test]
async fn a_404_of_cinder_is_gone_only_to_who_sees_every_project() {
    let of = ResourceType::Snapshot;
    let sees_all: Answers = |path| match path.contains("all_tenants") {
        true => (200, json!({"volumes": []})),
        false => not_found(),
    };
    let sees_own: Answers = |path| match path.contains("all_tenants") {
        true => (400, json!({"badRequest": {"code": 400, "message": "Invalid filters project_id"}})),
        false => not_found(),
    };
    assert_eq!(look(of, sees_all).await, GONE);
    assert!(refused(&look(of, sees_own).await));
}

#[tokio::test]
async fn a_backup_waits_for_those_that_build_upon_it() {
    fn backup(dependent: bool) -> (u16, Value) {
        let row = json!({"status": "available", "has_dependent_backups": dependent, "os-backup-project-attr:project_id": "t"});
        (200, json!({"backup": row}))
    }
    assert_eq!(look(ResourceType::Backup, |_| backup(false)).await, READY);
    assert!(waiting(&look(ResourceType::Backup, |_| backup(true)).await));
}

#[tokio::test]
async fn a_transfer_without_a_project_is_its_volumes() {
    let own: Answers = |path| match path.contains("volume-transfers") {
        true => (200, json!({"transfer": {"volume_id": "v", "source_project_id": null}})),
        false => (200, json!({"volume": {"os-vol-tenant-attr:tenant_id": "t"}})),
    };
    let anothers: Answers = |path| match path.contains("volume-transfers") {
        true => (200, json!({"transfer": {"volume_id": "v", "source_project_id": null}})),
        false => (200, json!({"volume": {"os-vol-tenant-attr:tenant_id": "n"}})),
    };
    assert_eq!(look(ResourceType::VolumeTransfer, own).await, READY);
    assert!(refused(&look(ResourceType::VolumeTransfer, anothers).await));
}

fn server(status: &str, task: Option<&str>, project: &str) -> (u16, Value) {
    let fields = json!({
        "id": "x", "status": status, "tenant_id": project, "OS-EXT-STS:task_state": task,
        "os-extended-volumes:volumes_attached": [],
    });
    (200, json!({"server": fields, "ports": []}))
}

#[tokio::test]
async fn a_server_is_ready_on_its_way_anothers_or_not_told() {
    let of = ResourceType::Server;
    assert_eq!(look(of, |_| server("ACTIVE", None, "t")).await, READY);
    assert_eq!(look(of, |_| server("SOFT_DELETED", None, "t")).await, READY);
    assert!(waiting(&look(of, |_| server("ACTIVE", Some("deleting"), "t")).await));
    assert!(waiting(&look(of, |_| server("UNKNOWN", None, "t")).await));
    assert!(refused(&look(of, |_| server("ACTIVE", None, "n")).await));
}

#[tokio::test]
async fn a_404_of_nova_is_gone_only_to_who_sees_every_project() {
    for of in [ResourceType::Server, ResourceType::ServerGroup] {
        let sees_all: Answers = |path| match path.contains("all_tenants") {
            true => (200, json!({"servers": []})),
            false => not_found(),
        };
        let sees_own: Answers = |path| match path.contains("all_tenants") {
            true => (403, json!({"forbidden": {"code": 403, "message": "Only administrators"}})),
            false => not_found(),
        };
        assert_eq!(look(of, sees_all).await, GONE, "{of}");
        assert!(refused(&look(of, sees_own).await), "{of}");
    }
}

#[tokio::test]
async fn a_keypair_stays_where_its_user_has_come_to_another_project() {
    let bound: Answers = |path| match path.contains("role_assignments") {
        true => {
            let row = json!({"user": {"id": "of"}, "scope": {"project": {"id": "t"}}});
            (200, json!({"role_assignments": [row]}))
        }
        false => (200, json!({"keypair": {"name": "x"}})),
    };
    let elsewhere: Answers = |path| match path.contains("role_assignments") {
        true => {
            let row = json!({"user": {"id": "of"}, "scope": {"domain": {"id": "d"}}});
            (200, json!({"role_assignments": [row]}))
        }
        false => (200, json!({"keypair": {"name": "x"}})),
    };
    assert_eq!(look(ResourceType::Keypair, bound).await, READY);
    assert!(refused(&look(ResourceType::Keypair, elsewhere).await));
    assert_eq!(look(ResourceType::Keypair, |_| not_found()).await, GONE);
}

fn image(owner: &str, protected: bool) -> (u16, Value) {
    (200, json!({"id": "x", "owner": owner, "protected": protected}))
}

#[tokio::test]
async fn protection_is_taken_off_before_the_image_goes() {
    let (image_of, protection) = (ResourceType::Image, ResourceType::ImageProtection);
    assert_eq!(look(image_of, |_| image("t", false)).await, READY);
    assert!(refused(&look(image_of, |_| image("t", true)).await));
    assert!(refused(&look(image_of, |_| image("n", false)).await));
    assert_eq!(look(protection, |_| image("t", true)).await, READY);
    assert_eq!(look(protection, |_| image("t", false)).await, GONE);
}

#[tokio::test]
async fn a_404_of_glance_is_gone_only_to_who_sees_every_image() {
    for of in [ResourceType::Image, ResourceType::ImageMembership] {
        let sees_all: Answers = |path| match path.contains("stores") {
            true => (200, json!({"stores": []})),
            false => not_found(),
        };
        let sees_own: Answers = |path| match path.contains("stores") {
            true => (403, json!({"message": "You are not authorized"})),
            false => not_found(),
        };
        let one_store: Answers = |path| match path.contains("visibility=private") {
            true => (200, json!({"images": [{"owner": "p-own"}, {"owner": "n"}]})),
            false => not_found(),
        };
        let one_store_of_ones_own: Answers = |path| match path.contains("visibility=private") {
            true => (200, json!({"images": [{"owner": "p-own"}]})),
            false => not_found(),
        };
        assert_eq!(look(of, sees_all).await, GONE, "{of}");
        assert_eq!(look(of, one_store).await, GONE, "{of}");
        assert!(refused(&look(of, sees_own).await), "{of}");
        assert!(refused(&look(of, one_store_of_ones_own).await), "{of}");
    }
}

fn remove(kind: ResourceType, id: &str) -> Action {
    Action::Remove { what: ResourceKey { kind, id: id.into(), of: None }, project: "t".into() }
}

/// Looks at all of a plan at once; what was asked, in order, without the login.
async fn look_at_all(planned: &[Action], answers: Answers) -> (Vec<Result<Look, WriteError>>, Vec<String>) {
    let fake = Fake::start(move |_, path, _| answer(answers(path))).await;
    let config = config(&fake.url);
    let plan = approved_all(&config.identity(), planned);
    let writer = Writer::new(config, None, limits(), Arc::new(|_| {}), &plan).unwrap();
    let looks = writer.look_all(&planned.iter().collect::<Vec<_>>()).await;
    let asked =
        fake.asked.lock().unwrap().iter().filter(|one| one.0 == "GET").map(|one| one.1.clone()).collect();
    (looks, asked)
}

fn several(kind: ResourceType) -> Vec<Action> {
    ["a", "b", "c", "d"].map(|id| remove(kind, id)).to_vec()
}

fn volume_row(id: &str, status: &str, project: &str) -> Value {
    json!({"id": id, "status": status, "os-vol-tenant-attr:tenant_id": project})
}

#[tokio::test]
async fn one_listing_tells_of_several_volumes() {
    let (looks, asked) = look_at_all(&several(ResourceType::Volume), |_| {
        let rows = ["a", "b", "c", "d"].map(|id| volume_row(id, "available", "t"));
        (200, json!({"volumes": rows}))
    })
    .await;
    assert_eq!(looks, [READY, READY, READY, READY]);
    assert_eq!(asked, ["/v3/volumes/detail?all_tenants=1&project_id=t&limit=1000"]);
}

#[tokio::test]
async fn what_is_not_in_a_listing_or_would_end_the_step_is_asked_about_alone() {
    let (looks, asked) = look_at_all(&several(ResourceType::Volume), |path| match path {
        // One is not listed, one without its project, and one as another's.
        _ if path.contains("detail") => {
            let odd = json!({"id": "c", "status": "available"});
            let rows = [volume_row("a", "deleting", "t"), odd, volume_row("d", "available", "n")];
            (200, json!({"volumes": rows}))
        }
        _ if path.contains("volumes/b") => not_found(),
        _ if path.contains("volumes/c") => (200, json!({"volume": volume_row("c", "available", "t")})),
        _ if path.ends_with("volumes/d") => (200, json!({"volume": volume_row("d", "available", "n")})),
        _ => (200, json!({"volumes": []})),
    })
    .await;
    assert!(waiting(&looks[0]), "{looks:?}");
    assert_eq!(looks[1], GONE);
    assert_eq!(looks[2], READY);
    assert!(refused(&looks[3]), "{looks:?}");
    let count = |of: &str| asked.iter().filter(|path| path.ends_with(of)).count();
    assert_eq!(
        (count("volumes/a"), count("volumes/b"), count("volumes/c"), count("volumes/d")),
        (0, 1, 1, 1)
    );
}

#[tokio::test]
async fn an_empty_listing_takes_nothing_for_gone() {
    let (looks, _) = look_at_all(&several(ResourceType::Port), |path| match path.rsplit('/').next().unwrap() {
        list if list.starts_with("ports?") => (200, json!({"ports": []})),
        _ => {
            let port = json!({"project_id": "t", "network_id": "n", "device_owner": "", "device_id": "", "revision_number": 3});
            (200, json!({"port": port}))
        }
    })
    .await;
    assert_eq!(looks, vec![Ok(Look::Ready { revision: Some(3) }); 4]);
}

#[tokio::test]
async fn a_listing_that_fails_costs_reads_and_no_more() {
    for code in [400, 403, 500] {
        let answers: Answers = match code {
            400 => |path| if path.contains("detail") { (400, json!({})) } else { volume(json!({})) },
            403 => |path| if path.contains("detail") { (403, json!({})) } else { volume(json!({})) },
            _ => |path| if path.contains("detail") { (500, json!({})) } else { volume(json!({})) },
        };
        let (looks, asked) = look_at_all(&several(ResourceType::Volume), answers).await;
        assert_eq!((looks, asked.len()), (vec![READY; 4], 5), "{code}");
    }
}

#[tokio::test]
async fn who_sees_every_project_is_asked_once_for_several_that_are_gone() {
    let (looks, asked) = look_at_all(&several(ResourceType::Network), |path| match path {
        _ if path.contains("/quotas") => (200, json!({"quotas": []})),
        _ if path.contains("networks?") => (200, json!({"networks": []})),
        _ => (404, json!({"NeutronError": {"type": "NetworkNotFound", "message": "no such network"}})),
    })
    .await;
    assert_eq!(looks, vec![GONE; 4]);
    let witnesses = asked.iter().filter(|path| path.contains("/quotas")).count();
    assert!((1..=4).contains(&witnesses), "{asked:?}");
    let (looks, asked) = look_at_all(&several(ResourceType::Network), |path| match path {
        _ if path.contains("/quotas") => (403, json!({})),
        _ => (404, json!({"NeutronError": {"type": "NetworkNotFound", "message": "no such network"}})),
    })
    .await;
    assert!(looks.iter().all(refused), "{looks:?}");
    assert_eq!(
        asked.iter().filter(|path| path.contains("/quotas")).count(),
        4,
        "a refusal is not remembered"
    );
}

/// A look at the first of a plan of these calls.
async fn first_of(planned: &[Action], answers: Answers) -> Result<Look, WriteError> {
    let fake = Fake::start(move |_, path, _| answer(answers(path))).await;
    let config = config(&fake.url);
    let plan = approved_all(&config.identity(), planned);
    let writer = Writer::new(config, None, limits(), Arc::new(|_| {}), &plan).unwrap();
    writer.look(&planned[0]).await
}

#[tokio::test]
async fn a_volume_that_joined_its_group_after_the_approval_is_not_deleted_with_it() {
    let group: Answers = |path| {
        assert!(path.ends_with("groups/g?list_volume=true"), "{path}");
        let group = json!({"id": "g", "status": "available", "project_id": "t", "volumes": ["a", "b"]});
        (200, json!({"group": group}))
    };
    let (of, volume) = (remove(ResourceType::VolumeGroup, "g"), ResourceType::Volume);
    let planned = [of.clone(), remove(volume, "a"), remove(volume, "b")];
    assert_eq!(first_of(&planned, group).await, READY);
    let joined = first_of(&planned[..2], group).await;
    assert!(refused(&joined) && format!("{joined:?}").contains("volume b"), "{joined:?}");
    let without =
        first_of(&[of], |_| (200, json!({"group": {"id": "g", "status": "available", "project_id": "t"}})))
            .await;
    assert!(matches!(without, Err(WriteError::Unclear { .. })), "{without:?}");
}

#[tokio::test]
async fn a_subnet_that_was_made_after_the_approval_is_not_deleted_with_its_network() {
    let network: Answers =
        |_| (200, json!({"network": {"project_id": "t", "revision_number": 4, "subnets": ["a"]}}));
    let planned = [remove(ResourceType::Network, "x"), remove(ResourceType::Subnet, "a")];
    assert_eq!(first_of(&planned, network).await, Ok(Look::Ready { revision: Some(4) }));
    let joined = first_of(&planned[..1], network).await;
    assert!(refused(&joined) && format!("{joined:?}").contains("subnet a"), "{joined:?}");
}

#[tokio::test]
async fn what_a_server_got_after_the_approval_is_not_deleted_with_it() {
    // One volume goes with the server, one stays; of the ports, one is another project's.
    let server: Answers = |path| match path.contains("ports") {
        true => (200, json!({"ports": [{"id": "p", "project_id": "t"}, {"id": "q", "project_id": "n"}]})),
        false => {
            let volumes = json!([{"id": "a", "delete_on_termination": true}, {"id": "b", "delete_on_termination": false}]);
            (
                200,
                json!({"server": {"status": "ACTIVE", "tenant_id": "t", "os-extended-volumes:volumes_attached": volumes}}),
            )
        }
    };
    let (port, volume) = (remove(ResourceType::Port, "p"), remove(ResourceType::Volume, "a"));
    let of = remove(ResourceType::Server, "x");
    assert_eq!(first_of(&[of.clone(), volume.clone(), port.clone()], server).await, READY);
    for (planned, named) in [([of.clone(), port], "volume a"), ([of, volume], "port p")] {
        let joined = first_of(&planned, server).await;
        assert!(refused(&joined) && format!("{joined:?}").contains(named), "{joined:?}");
    }
}

#[tokio::test]
async fn an_application_credential_that_was_made_after_the_approval_is_not_lost_with_a_role() {
    let grant: Answers = |path| match path.contains("application_credentials") {
        true => {
            let rows = json!([{"id": "a", "project_id": "t"}, {"id": "b", "project_id": "n"}]);
            (200, json!({"application_credentials": rows}))
        }
        false => {
            let row = json!({"user": {"id": "u"}, "role": {"id": "r"}, "scope": {"project": {"id": "t"}}});
            (200, json!({"role_assignments": [row]}))
        }
    };
    let of = remove(ResourceType::RoleAssignment, "user/u/r");
    let planned = [of, remove(ResourceType::ApplicationCredential, "a")];
    assert_eq!(first_of(&planned, grant).await, READY);
    assert!(refused(&first_of(&planned[..1], grant).await));
}

#[tokio::test]
async fn each_listing_is_asked_as_the_service_has_it() {
    let fake = Fake::start(|_, _, _| status(404)).await;
    let reader = fake.reader();
    let listings = [
        Listing::Compute(ComputeListing::Servers("t".into())),
        Listing::Compute(ComputeListing::SoftDeletedServers("t".into())),
        Listing::Compute(ComputeListing::DeletedServers),
        Listing::Compute(ComputeListing::Services),
        Listing::Compute(ComputeListing::ServerGroups),
        Listing::Compute(ComputeListing::Keypairs("u".into())),
        Listing::Compute(ComputeListing::Flavors),
        Listing::Compute(ComputeListing::FlavorAccess("f".into())),
        Listing::Volume(VolumeListing::GroupSnapshots("t".into())),
        Listing::Volume(VolumeListing::Transfers),
        Listing::Volume(VolumeListing::Types),
        Listing::Volume(VolumeListing::TypeAccess("v".into())),
        Listing::Image(ImageListing::Images { owner: "t".into(), hidden: true }),
        Listing::Image(ImageListing::Shared { hidden: false }),
        Listing::Image(ImageListing::Members("i".into())),
        Listing::Image(ImageListing::Stores),
    ];
    for listing in &listings {
        assert!(reader.rows(listing).await.is_err(), "{listing}");
    }
    let asked = fake.asked.lock().unwrap();
    let paths: Vec<&str> = asked.iter().skip(1).map(|one| one.1.as_str()).collect();
    insta::assert_snapshot!(paths.join("\n"), @r"
    /v2.1/servers/detail?limit=2&all_tenants=1&project_id=t
    /v2.1/servers/detail?limit=2&all_tenants=1&project_id=t&deleted=true&status=SOFT_DELETED
    /v2.1/servers?all_tenants=1&project_id=00000000000000000000000000000000&status=DELETED
    /v2.1/os-services
    /v2.1/os-server-groups?limit=2&all_projects=True
    /v2.1/os-keypairs?user_id=u
    /v2.1/flavors/detail?limit=2&is_public=None
    /v2.1/flavors/f/os-flavor-access
    /v3/group_snapshots/detail?limit=2&all_tenants=1&project_id=t
    /v3/volume-transfers/detail?limit=2&all_tenants=1
    /v3/types?limit=2&is_public=None
    /v3/types/v/os-volume-type-access
    /v2/images?limit=2&visibility=all&os_hidden=true&owner=t
    /v2/images?limit=2&visibility=shared&os_hidden=false&member_status=all
    /v2/images/i/members
    /v2/info/stores/detail
    ");
}

#[tokio::test]
async fn a_page_that_breaks_off_is_no_listing() {
    let fake = Fake::start(|number, _, _| match number {
        1 => broken(),
        _ => status(500),
    })
    .await;
    let transfers = Listing::Volume(VolumeListing::Transfers);
    assert!(fake.reader().rows(&transfers).await.is_err());
}

#[tokio::test]
async fn server_groups_are_read_until_a_page_is_empty_however_short_it_is() {
    let fake = Fake::start(|_, path, _| {
        let rows = match path {
            _ if path.contains("offset=2") => json!([{"id": "c"}]),
            _ if path.contains("offset=3") => json!([]),
            _ => json!([{"id": "a"}, {"id": "b"}]),
        };
        ok(&json!({"server_groups": rows}))
    })
    .await;
    let rows = fake.reader().rows(&Listing::Compute(ComputeListing::ServerGroups)).await.unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(fake.count("GET"), 3);
}

#[tokio::test]
async fn cinders_link_under_the_singular_is_followed_where_a_page_is_short() {
    let fake = Fake::start(|_, path, _| match path.contains("marker=a") {
        true => ok(&json!({"groups": [{"id": "b"}]})),
        false => {
            let next = json!([{"rel": "next", "href": "/v3/groups/detail?limit=1&marker=a"}]);
            ok(&json!({"groups": [{"id": "a"}], "group_links": next}))
        }
    })
    .await;
    let rows = fake.reader().rows(&Listing::Volume(VolumeListing::Groups("t".into()))).await.unwrap();
    assert_eq!(rows.len(), 2);
}
