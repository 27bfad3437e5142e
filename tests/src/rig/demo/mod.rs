//! `cargo rig demo`: the main job as a told story, on the real parts, with the true output of the commands that a user would type.

mod papers;
mod story;
mod teller;

use anyhow::{Context, Result};

use self::story::Cast;
use self::teller::{Person, Teller};
use super::control_plane::NAMESPACE;
use super::home::Home;
use super::people::{self, May};
use super::stage::Stages;
use super::{openstack, suite};

/// How many stages [`tell`] shows.
pub(super) const STAGES: usize = 1;

/// Tells the story from its beginning, whatever an earlier telling left, and leaves all running.
pub(super) fn tell(home: &Home, stages: &mut Stages) -> Result<()> {
    story::clear(home)?;
    openstack::tidy(home, stages)?;
    let dir = home.state().join("demo");
    std::fs::create_dir_all(&dir).with_context(|| format!("failed to make {}", dir.display()))?;
    let cast = cast(home)?;
    let told = story::tell(home, &Teller::new(dir), &cast);
    told.with_context(|| {
        format!("the story ended early; the controller's log: {}", home.log("cloudspec").display())
    })?;
    print!("{}", farewell(home));
    Ok(())
}

fn cast(home: &Home) -> Result<Cast> {
    let environment = suite::environment(home)?;
    let person = |name: &'static str, may| -> Result<Person> {
        let kubeconfig = people::provide(home, name, may, NAMESPACE)?;
        Ok(Person {
            name,
            environment: environment.clone().with("KUBECONFIG", kubeconfig.display().to_string()),
        })
    };
    Ok(Cast {
        admin: Person { name: "admin", environment: environment.clone() },
        alice: person("alice", May::Approve)?,
        bob: person("bob", May::Edit)?,
    })
}

fn farewell(home: &Home) -> String {
    let users = |name| home.kubeconfig_of(name).display().to_string();
    format!(
        "\nAll of it goes on running. To look further:\n\n\
         \x20 eval \"$(cargo rig env)\"                      # KUBECONFIG of the admin, OS_CLIENT_CONFIG_FILE, PATH\n\
         \x20 kubectl -n {NAMESPACE} get cloudspecs,changeplans\n\
         \x20 kubectl -n {NAMESPACE} get changeplans -o yaml    # the audit record\n\
         \x20 kubectl explain cloudspec.spec.securityGroups\n\
         \x20 openstack --os-cloud team-a security group list\n\
         \x20 cargo rig logs cloudspec -f                  # the controller\n\
         \x20 export KUBECONFIG={alice}   # as alice, who may approve\n\
         \x20 export KUBECONFIG={bob}     # as bob, who may edit\n\
         \x20 cargo rig reset                              # the cloud as it was\n\
         \x20 cargo rig down                               # end it all\n",
        alice = users("alice"),
        bob = users("bob"),
    )
}
