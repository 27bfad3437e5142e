//! A tenant of one's own on the real cloud, made with the `openstack` client.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// Runs commands of the `openstack` client in one process, as the administrator; what it printed.
///
/// # Errors
/// When one of them fails.
pub fn openstack<C: AsRef<str>>(commands: &[C]) -> Result<String> {
    let commands: String = commands.iter().map(|command| format!("{}\n", command.as_ref())).collect();
    let mut child = Command::new("openstack")
        .args(["--os-cloud", "admin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("openstack is not on the PATH: `eval \"$(cargo rig env)\"`")?;
    let mut stdin = child.stdin.take().context("openstack reads nothing")?;
    stdin.write_all(commands.as_bytes()).context("failed to tell openstack what to do")?;
    drop(stdin);
    let output = child.wait_with_output().context("failed to wait for openstack")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{commands}{said}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The clouds.yaml of the rig's real cloud.
///
/// # Errors
/// When `OS_CLIENT_CONFIG_FILE` is not set.
pub fn clouds_yaml() -> Result<String> {
    let file = std::env::var_os("OS_CLIENT_CONFIG_FILE")
        .context("OS_CLIENT_CONFIG_FILE is not set: `eval \"$(cargo rig env)\"`")?;
    std::fs::read_to_string(Path::new(&file)).context("failed to read the clouds.yaml")
}

/// The address of its Keystone.
///
/// # Errors
/// When there is none in it.
pub fn auth_url(clouds_yaml: &str) -> Result<String> {
    let (_, rest) = clouds_yaml.split_once("auth_url: \"").context("there is no auth_url")?;
    Ok(rest.split_once('"').context("auth_url has no end")?.0.to_owned())
}

/// A domain of its own with the project `shop`, the group `admins`, the user `ann` and the security group `web-ID` with two rules;
/// all of it goes when it is dropped.
#[derive(Debug)]
pub struct Tenant {
    /// The domain's name.
    pub domain: String,
    /// The id of the project.
    pub shop: String,
}

impl Tenant {
    /// Makes one.
    ///
    /// # Errors
    /// When the cloud refuses.
    pub fn new() -> Result<Self> {
        let domain = format!("e2e-{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
        openstack(&[
            format!("domain create {domain}"),
            format!("project create --domain {domain} --description first shop"),
            format!("group create --domain {domain} admins"),
            format!("user create --domain {domain} ann"),
            format!(
                "role add --project shop --project-domain {domain} --group admins --group-domain {domain} member"
            ),
        ])?;
        let mut tenant = Self { domain, shop: String::new() };
        let shown = openstack(&[format!("project show --domain {} shop -f value -c id", tenant.domain)])?;
        tenant.shop = id_in(&shown).context("openstack shows no id")?;
        let shop = &tenant.shop;
        let group = format!("security group rule create --project {shop} --ingress");
        openstack(&[
            format!("quota set --cores 32 --secgroup-rules 90 --volumes 12 {shop}"),
            format!("security group create --project {shop} --description public web-{shop}"),
            format!("{group} --protocol tcp --dst-port 443 web-{shop}"),
            format!("{group} --protocol icmp --icmp-type 8 --remote-ip 10.0.0.0/8 web-{shop}"),
        ])?;
        Ok(tenant)
    }

    /// `DOMAIN/shop`.
    pub fn name(&self) -> String {
        format!("{}/shop", self.domain)
    }
}

/// The first word of 32 hex digits: the client writes a prompt before what it answers.
fn id_in(shown: &str) -> Option<String> {
    let is_id = |word: &&str| word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    shown.split_whitespace().find(is_id).map(str::to_owned)
}

impl Drop for Tenant {
    fn drop(&mut self) {
        let Self { domain, shop } = self;
        // Whatever is left has a name of its own, and harms no other test.
        let client = "openstack --os-cloud admin";
        let script = format!(
            "for group in $({client} security group list --project {shop} -f value -c ID); do \
             {client} security group delete $group; done; {client} project delete {shop}; \
             {client} domain set --disable {domain}; {client} domain delete {domain}"
        );
        let _ = Command::new("sh").args(["-c", &script]).output();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_behind_a_prompt() {
        assert_eq!(id_in("(openstack) \n"), None);
        let id = "0123456789abcdef0123456789abcdef";
        assert_eq!(id_in(&format!("(openstack) {id}\n(openstack) ")), Some(id.to_owned()));
    }

    #[test]
    fn the_address_is_the_one_between_its_quotes() {
        assert_eq!(auth_url("auth: {auth_url: \"http://h:5000/v3\", x: \"y\"}").unwrap(), "http://h:5000/v3");
    }
}
