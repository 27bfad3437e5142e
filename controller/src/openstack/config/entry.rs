//! The fields of one cloud, from a file or the environment, before they are understood.

use serde_json::{Map, Value};

use super::error::ConfigError;

/// One cloud's fields. There is no `Debug`: passwords are among them.
pub(super) struct Entry {
    /// For messages: the file and the cloud in it, or the environment.
    pub(super) source_name: String,
    pub(super) fields: Map<String, Value>,
}

impl Entry {
    pub(super) fn wrong(&self, field: impl Into<String>, message: impl std::fmt::Display) -> ConfigError {
        ConfigError::Field {
            source_name: self.source_name.clone(),
            field: field.into(),
            message: message.to_string(),
        }
    }

    /// A field below `auth`, or beside it as older files have it.
    fn find(&self, name: &str) -> Option<(String, &Value)> {
        let auth = self.fields.get("auth").and_then(|auth| auth.get(name));
        let below = auth.map(|value| (format!("auth.{name}"), value));
        below.or_else(|| self.fields.get(name).map(|value| (name.to_owned(), value)))
    }

    /// The text of the first of these fields that is given.
    pub(super) fn text(&self, names: &[&str]) -> Result<Option<String>, ConfigError> {
        let Some((field, value)) = names.iter().find_map(|name| self.find(name)) else { return Ok(None) };
        match value {
            Value::String(text) if text.is_empty() => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            Value::Null => Ok(None),
            Value::Bool(_) | Value::Number(_) => {
                Err(self.wrong(field, "is not text for YAML: put it in quotes"))
            }
            Value::Array(_) | Value::Object(_) => Err(self.wrong(field, "is not text")),
        }
    }

    pub(super) fn needed(&self, names: &[&str]) -> Result<String, ConfigError> {
        let missing = || self.wrong(names.first().copied().unwrap_or_default(), "is missing");
        self.text(names)?.ok_or_else(missing)
    }

    /// A truth value as YAML or the environment spells it.
    pub(super) fn truth(&self, name: &str) -> Result<Option<bool>, ConfigError> {
        let Some((field, value)) = self.find(name) else { return Ok(None) };
        let word = match value {
            Value::Null => return Ok(None),
            Value::Bool(truth) => return Ok(Some(*truth)),
            Value::String(word) => word.to_ascii_lowercase(),
            Value::Number(number) => number.to_string(),
            Value::Array(_) | Value::Object(_) => return Err(self.wrong(field, "is neither true nor false")),
        };
        match word.as_str() {
            "" => Ok(None),
            "true" | "yes" | "on" | "1" => Ok(Some(true)),
            "false" | "no" | "off" | "0" => Ok(Some(false)),
            _ => Err(self.wrong(field, "is neither true nor false")),
        }
    }
}
