//! Keystone: what lets somebody act for another, and roles on the projects below.

use serde_json::json;

use crate::run::Run;

pub(crate) async fn credentials_and_trusts(run: &mut Run) {
    let (project, user) = (run.id("one"), run.id("user"));
    let blob = json!({"access": format!("a{project}"), "secret": "s"}).to_string();
    let given = json!({"credential": {"type": "ec2", "user_id": user, "project_id": project, "blob": blob}});
    let made = run.call("identity POST /v3/credentials", Some(given)).await;
    run.name("ec2", &made["credential"]["id"]);
    run.mask_last();
    run.get("identity /v3/credentials/{ec2}").await;
    run.get("identity /v3/credentials").await;
    run.keep_rows("credentials", "<one>");
    run.call_as("observer-system", "identity GET /v3/credentials", None, &[]).await;
    run.keep_rows("credentials", "<one>");
    for who in ["reader", "observer"] {
        run.call_as(who, "identity GET /v3/credentials", None, &[]).await;
        run.call_as(who, "identity GET /v3/OS-TRUST/trusts", None, &[]).await;
    }
    let trust = json!({"trust": {
        "trustor_user_id": user, "trustee_user_id": run.id("admin-user"), "project_id": project,
        "impersonation": false, "roles": [{"name": "member"}],
    }});
    run.call("identity POST /v3/OS-TRUST/trusts", Some(trust.clone())).await;
    run.keep_status();
    let made = run.call_as("user", "identity POST /v3/OS-TRUST/trusts", Some(trust), &[]).await;
    run.name("trust", &made["trust"]["id"]);
    run.mask_last();
    run.call_as("observer-system", "identity GET /v3/OS-TRUST/trusts/{trust}", None, &[]).await;
    run.get("identity /v3/OS-TRUST/trusts").await;
    run.keep_rows("trusts", "<one>");
    for _ in 0..2 {
        run.call("identity DELETE /v3/OS-TRUST/trusts/{trust}", None).await;
        run.call("identity DELETE /v3/credentials/{ec2}", None).await;
    }
    run.get("identity /v3/OS-TRUST/trusts/{trust}").await;
    run.get("identity /v3/credentials/{ec2}").await;
    inherited(run).await;
}

async fn inherited(run: &mut Run) {
    let role = run.get("identity /v3/roles?name=reader").await;
    run.keep_status();
    run.name("reader-role", &role["roles"][0]["id"]);
    let path = "/v3/OS-INHERIT/projects/{one}/users/{user}/roles/{reader-role}/inherited_to_projects";
    run.call(&format!("identity PUT {path}"), None).await;
    run.get("identity /v3/role_assignments?scope.project.id={one}&include_names=true").await;
    run.get("identity /v3/role_assignments?effective=true&include_names=true&scope.project.id={one}").await;
    run.get("identity /v3/role_assignments?effective=true&user.id={user}").await;
    run.get("identity /v3/projects?parent_id={one}").await;
    run.call(&format!("identity DELETE {path}"), None).await;
    run.call(&format!("identity DELETE {path}"), None).await;
}
