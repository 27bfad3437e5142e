//! A namespace of one test.

use anyhow::Result;

use super::{Answer, Person};

/// A namespace with a name that no other test has; it is deleted when it is dropped.
#[derive(Debug)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    admin: Person,
}

impl Namespace {
    /// Makes one.
    ///
    /// # Errors
    /// When the API server refuses.
    pub fn new(of_test: &str) -> Result<Self> {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let name = format!("{of_test}-{}", &id[..8]);
        let admin = Person::admin()?;
        admin.kubectl(&["create", "namespace", &name], "")?.or_fail()?;
        Ok(Self { name, admin })
    }

    /// Binds a cluster role to a person in it.
    ///
    /// # Errors
    /// When the API server refuses.
    pub fn bind(&self, role: &str, person: &Person) -> Result<()> {
        let binding = format!("{role}-{}", person.name).replace(':', "-");
        let role = format!("--clusterrole={role}");
        let user = format!("--user={}", person.name);
        let arguments = ["create", "rolebinding", &binding, &role, &user, "-n", &self.name];
        self.admin.kubectl(&arguments, "")?.or_fail().map(drop)
    }

    /// Runs kubectl as a person in it.
    ///
    /// # Errors
    /// When kubectl cannot be run.
    pub fn kubectl(&self, person: &Person, arguments: &[&str], input: &str) -> Result<Answer> {
        person.kubectl(&[&["-n", &self.name], arguments].concat(), input)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // What a test leaves behind has a name of its own: a refused deletion harms no other test.
        let _ = self.admin.kubectl(&["delete", "namespace", &self.name, "--wait=false"], "");
    }
}
