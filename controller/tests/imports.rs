//! Imports run only downward, and the pure floors know no client, clock, randomness, environment or log.
//!
//! Every source file is parsed and held against the table below.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{ExprAsync, ExprAwait, ExprClosure, File, ItemMod, ItemUse, Macro, Signature, UseTree};

/// The rooms by floor: a room imports only from floors below its own.
const FLOORS: &[(&str, usize)] = &[
    ("model", 0),
    ("diff", 1),
    ("plan", 2),
    ("gate", 3),
    ("observe", 4),
    ("apply", 5),
    ("openstack", 6),
    ("tls", 6),
    ("report", 7),
    ("reconcile", 8),
    ("cli", 9),
];
/// Up to here all is pure and synchronous.
const PURE: usize = 3;
/// What the pure floors do not name: by the first segments of a path, or by its last ones.
const STRANGERS: &[&[&str]] = &[
    &["tokio"],
    &["tokio_util"],
    &["futures"],
    &["reqwest"],
    &["http"],
    &["axum"],
    &["rand"],
    &["uuid"],
    &["tracing"],
    &["kube", "Client"],
    &["kube", "client"],
    &["std", "env"],
    &["std", "fs"],
    &["std", "net", "TcpStream"],
    &["std", "process"],
    &["std", "thread"],
    &["std", "time", "Instant"],
    &["std", "time", "SystemTime"],
    &["SystemTime"],
    &["Instant"],
    &["Timestamp", "now"],
    &["Zoned", "now"],
];

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

/// Goes through one file and notes what breaks a law.
struct Inspector {
    /// The module that the code at hand is in, from the crate's root.
    module: Vec<String>,
    /// Within a test module, which may start processes and read files.
    in_tests: bool,
    wrong: Vec<String>,
}

impl Inspector {
    fn room(&self) -> &str {
        &self.module[0]
    }

    fn pure(&self) -> bool {
        floor(self.room()).is_some_and(|floor| floor <= PURE)
    }

    fn say(&mut self, what: String) {
        self.wrong.push(format!("{}: {what}", self.module.join("::")));
    }

    fn path(&mut self, path: &[String]) {
        if let Some(target) = self.room_of(path) {
            match (floor(self.room()), floor(&target)) {
                _ if target == self.room() => {}
                (Some(own), Some(other)) if other < own => {}
                (_, None) => self.say(format!("{target} is not in the table of rooms")),
                _ => self.say(format!("imports {}, which is not below", path.join("::"))),
            }
        }
        if self.pure() && !self.in_tests {
            let named = |stranger: &&&[&str]| {
                let is = |part: &[String]| part.iter().map(String::as_str).eq(stranger.iter().copied());
                path.get(..stranger.len()).is_some_and(is)
                    || path.len().checked_sub(stranger.len()).is_some_and(|from| is(&path[from..]))
            };
            if let Some(stranger) = STRANGERS.iter().find(named) {
                self.say(format!("names {}, which a pure floor does not know", stranger.join("::")));
            }
        }
    }

    /// The room that a path leads to, where it starts at the crate's root or climbs there.
    fn room_of(&self, path: &[String]) -> Option<String> {
        let climbed = path.iter().take_while(|segment| *segment == "super").count();
        let mut absolute: Vec<String> = match path.first().map(String::as_str) {
            Some("crate" | "cloudspec") => Vec::new(),
            Some("super") => self.module.get(..self.module.len().checked_sub(climbed)?)?.to_vec(),
            _ => return None,
        };
        let rest = if climbed > 0 { climbed } else { 1 };
        absolute.extend(path.iter().skip(rest).cloned());
        absolute.first().cloned()
    }

    fn uses(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: String| before.iter().cloned().chain([name]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.uses(&path.tree, &with(path.ident.to_string())),
            UseTree::Name(name) => self.path(&with(name.ident.to_string())),
            UseTree::Rename(rename) => self.path(&with(rename.ident.to_string())),
            UseTree::Glob(_) => self.path(&with("*".to_owned())),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.uses(item, before)),
        }
    }

    fn asynchronous(&mut self, so: bool) {
        if so && self.pure() {
            self.say("is asynchronous, which a pure floor is not".to_owned());
        }
    }
}

fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
}

impl<'ast> Visit<'ast> for Inspector {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let in_tests = self.in_tests;
        self.in_tests |= item.attrs.iter().any(is_cfg_test);
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
        self.in_tests = in_tests;
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.uses(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.path(&segments);
        visit::visit_path(self, path);
    }

    fn visit_signature(&mut self, signature: &'ast Signature) {
        self.asynchronous(signature.asyncness.is_some());
        visit::visit_signature(self, signature);
    }

    fn visit_expr_async(&mut self, expression: &'ast ExprAsync) {
        self.asynchronous(true);
        visit::visit_expr_async(self, expression);
    }

    fn visit_expr_await(&mut self, expression: &'ast ExprAwait) {
        self.asynchronous(true);
        visit::visit_expr_await(self, expression);
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.asynchronous(closure.asyncness.is_some());
        visit::visit_expr_closure(self, closure);
    }

    /// The inside of a macro is no syntax tree: its words are read, and joined to paths.
    fn visit_macro(&mut self, call: &'ast Macro) {
        visit::visit_macro(self, call);
        let mut words = Vec::new();
        flatten(call.tokens.clone(), &mut words);
        let mut path: Vec<String> = Vec::new();
        for word in words {
            match word {
                Word::Name(name) if path.last().is_some_and(|last| last == "::") => {
                    path.pop();
                    path.push(name);
                }
                Word::Name(name) => {
                    self.asynchronous(name == "async");
                    self.path(&std::mem::replace(&mut path, vec![name]));
                }
                Word::Colon if path.last().is_some_and(|last| last == ":") => {
                    path.pop();
                    path.push("::".to_owned());
                }
                Word::Colon => path.push(":".to_owned()),
                Word::Other => self.path(&std::mem::take(&mut path)),
            }
        }
        self.path(&path);
    }
}

enum Word {
    Name(String),
    Colon,
    Other,
}

/// The words within all brackets; what stands in a text is none.
fn flatten(tokens: TokenStream, words: &mut Vec<Word>) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => {
                words.push(Word::Other);
                flatten(group.stream(), words);
                words.push(Word::Other);
            }
            TokenTree::Ident(ident) => words.push(Word::Name(ident.to_string())),
            TokenTree::Punct(punct) if punct.as_char() == ':' => words.push(Word::Colon),
            TokenTree::Punct(_) | TokenTree::Literal(_) => words.push(Word::Other),
        }
    }
}

fn inspect(module: &[&str], source: &str) -> Vec<String> {
    let file: File = syn::parse_file(source).unwrap();
    let module = module.iter().map(|&name| name.to_owned()).collect();
    let mut inspector = Inspector { module, in_tests: false, wrong: Vec::new() };
    inspector.visit_file(&file);
    inspector.wrong
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The module of a file below `src`; none for the doorways, which see every room.
fn module_of(root: &Path, file: &Path) -> Option<Vec<String>> {
    let path = file.strip_prefix(root).unwrap().with_extension("");
    let mut module: Vec<String> = path.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    (!matches!(module[0].as_str(), "lib" | "main" | "bin")).then_some(module)
}

#[test]
fn every_room_imports_only_from_below_and_the_pure_floors_are_pure() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut inspected = 0;
    for file in sources(&root) {
        let Some(module) = module_of(&root, &file) else { continue };
        assert!(floor(&module[0]).is_some(), "{} is in no room of the table", file.display());
        let module: Vec<&str> = module.iter().map(String::as_str).collect();
        wrong.extend(inspect(&module, &std::fs::read_to_string(&file).unwrap()));
        inspected += 1;
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(inspected > 30, "only {inspected} files were found");
}

#[test]
fn the_page_of_the_house_shows_the_same_table() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/explanation/architecture.md");
    let page = std::fs::read_to_string(page).unwrap();
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let (floor, room) = (cells.next()?.parse::<usize>().ok()?, cells.next()?);
        Some((room.trim_matches('`').to_owned(), floor))
    };
    let shown: Vec<(String, usize)> = page.lines().filter_map(row).collect();
    let enforced: Vec<(String, usize)> =
        FLOORS.iter().map(|(room, floor)| ((*room).to_owned(), *floor)).collect();
    assert_eq!(shown, enforced);
}

#[test]
fn what_is_allowed_is_let_pass() {
    let source = "
        use std::collections::BTreeMap;
        use super::draft::Drafts;
        use crate::{diff::diff, model::{Plan, plan::Step}};
        use jiff::Timestamp;
        fn f(now: Timestamp) -> String { format!(\"async {} crate::gate\", crate::model::name(now)) }
        #[cfg(test)]
        mod tests { use super::super::draft; use super::*; fn sh() { std::process::Command::new(\"sh\"); } }
    ";
    assert_eq!(inspect(&["plan", "tenants"], source), Vec::<String>::new());
    assert_eq!(inspect(&["apply", "port"], "async fn f() { tokio::spawn(g()).await }"), Vec::<String>::new());
}

#[test]
fn every_planted_violation_is_found() {
    let planted = [
        "use crate::gate::decide;",
        "use crate::{model::Plan, apply};",
        "use crate::apply as carried;",
        "use super::super::gate;",
        "fn f() { crate::report::status() }",
        "fn f(x: crate::openstack::Reader) {}",
        "fn f() -> String { format!(\"{}\", crate::observe::x()) }",
        "fn f() { assert!(super::super::cli::run()) }",
        "mod inner { use super::super::super::reconcile; }",
        "use crate::nowhere::x;",
        "async fn f() {}",
        "fn f() { let _ = async { 1 }; }",
        "fn f() { let _ = async || 1; }",
        "impl X { async fn f() {} }",
        "use tokio::sync::Mutex;",
        "use std::{env, fmt};",
        "fn f() { std::env::var(\"X\"); }",
        "use kube::{Api, Client};",
        "fn f() { Timestamp::now(); }",
        "fn f() { jiff::Timestamp::now(); }",
        "fn f() { vec![jiff::Timestamp::now()]; }",
        "use std::time::SystemTime;",
        "fn f() { SystemTime::now(); }",
        "fn f() { tracing::info!(\"x\"); }",
        "fn f() { uuid::Uuid::new_v4(); }",
        "fn f() { rand::random(); }",
        "use reqwest as web;",
    ];
    for source in planted {
        assert!(!inspect(&["plan", "tenants"], source).is_empty(), "{source}");
    }
}
