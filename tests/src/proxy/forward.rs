//! One call on its way.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State as Shelf};
use axum::response::Response;
use futures::stream;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use super::connection::Cut;
use super::fault::{Fault, Hook, Place, Then};
use super::record::Call;
use super::{Shared, rewrite};

const LARGEST: usize = 256 << 20;
/// What belongs to one connection, and what is no longer true of a body that was unpacked or rewritten.
const NOT_FORWARDED: [&str; 7] = [
    "host",
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "content-encoding",
    "accept-encoding",
];

/// A whole answer.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

pub(super) async fn handle(
    Shelf(shared): Shelf<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large");
    };
    // In a task of its own: it goes on when the client is gone.
    let task = tokio::spawn(async move { carry(&shared, &cut, parts, body).await });
    task.await.unwrap_or_else(|_| plain(StatusCode::BAD_GATEWAY, "the proxy failed"))
}

async fn carry(shared: &Shared, cut: &Cut, parts: Parts, body: Bytes) -> Response {
    let Some((url, call)) = arrive(shared, &parts, body.len()) else {
        return plain(StatusCode::NOT_FOUND, "no such upstream");
    };
    let fault = {
        let mut state = shared.state();
        let mut met = None;
        // Each counts each call, also behind one that is met.
        for (counted, fault) in &mut state.faults {
            if counted.takes(&call) && met.is_none() {
                met = Some(fault.clone());
            }
        }
        met
    };
    if let Some(fault) = &fault {
        note(shared, &call, |call| call.fault = Some(fault.name()));
    }
    let hooks = hooks(shared, &call);
    if run(&hooks, &call, Place::Before).await == Then::Drop {
        return drop_connection(shared, &call, cut, "cut before");
    }
    if fault == Some(Fault::Echo) {
        return echo(shared, &call, &parts);
    }
    let answer = match without_asking(shared, &call, cut, fault.as_ref()).await {
        Some(response) => return response,
        None => ask(shared, &call, parts, &url, body).await,
    };
    let Ok(answer) = answer else { return drop_connection(shared, &call, cut, "upstream failed") };
    if run(&hooks, &call, Place::After).await == Then::Drop {
        return drop_connection(shared, &call, cut, "cut after");
    }
    finish(shared, &call, &url, cut, answer, fault)
}

/// The upstream's address and the record of the call.
fn arrive(shared: &Shared, parts: &Parts, sent: usize) -> Option<(String, Call)> {
    let target = parts.uri.path().strip_prefix("/up/")?;
    let (number, path) = target.split_once('/').unwrap_or((target, ""));
    let mut state = shared.state();
    let upstream = state.upstreams.get(number.parse::<usize>().ok()?)?.clone();
    let url = format!("{upstream}/{path}");
    let (base, service) = state.service(&url).unwrap_or((&upstream, "unknown"));
    let (base, service) = (base.len(), service.to_owned());
    // The services of a simulated cloud have prefixes; a path without them is the same for both.
    let path = url.get(base..).unwrap_or_default();
    let prefix = url.get(..base).unwrap_or_default();
    let version = prefix.rsplit('/').next().filter(|last| last.starts_with('v') && last.len() <= 4);
    let path = version.map_or(path.to_owned(), |version| format!("/{version}{path}"));
    state.number += 1;
    let header = |name: &str| parts.headers.get(name)?.to_str().ok().map(str::to_owned);
    let call = Call {
        number: state.number,
        method: parts.method.to_string(),
        service,
        path,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        sent_request_id: header("x-openstack-request-id"),
        at: shared.start.elapsed(),
        sent,
        ..Call::default()
    };
    state.calls.push(call.clone());
    Some((url, call))
}

fn note(shared: &Shared, call: &Call, change: impl FnOnce(&mut Call)) {
    let mut state = shared.state();
    if let Some(known) = state.calls.iter_mut().rev().find(|known| known.number == call.number) {
        change(known);
        known.took = shared.start.elapsed().saturating_sub(call.at);
    }
}

/// The hooks of a call. All are counted as it arrives, so that the Nth call is the same before and after.
fn hooks(shared: &Shared, call: &Call) -> Vec<(Place, Arc<Hook>)> {
    let mut state = shared.state();
    let taken = state
        .hooks
        .iter_mut()
        .filter_map(|(counted, place, hook)| counted.takes(call).then(|| (*place, Arc::clone(hook))));
    taken.collect()
}

async fn run(hooks: &[(Place, Arc<Hook>)], call: &Call, place: Place) -> Then {
    let mut then = Then::Forward;
    for (_, hook) in hooks.iter().filter(|(at, _)| *at == place) {
        if hook(call.clone()).await == Then::Drop {
            then = Then::Drop;
        }
    }
    then
}

fn drop_connection(shared: &Shared, call: &Call, cut: &Cut, why: &'static str) -> Response {
    note(shared, call, |call| call.fault = call.fault.or(Some(why)));
    cut.now();
    Response::default()
}

/// What a service answers that says which token it was sent: in its words, and as the id of the request.
fn echo(shared: &Shared, call: &Call, parts: &Parts) -> Response {
    note(shared, call, |call| call.status = Some(400));
    let token = parts.headers.get("x-auth-token").and_then(|token| token.to_str().ok()).unwrap_or_default();
    let body =
        serde_json::json!({"error": {"code": 400, "message": format!("Could not find token: {token}.")}});
    let response = Response::builder().status(400).header("Content-Type", "application/json");
    let response = response.header("x-openstack-request-id", token);
    response.body(Body::from(body.to_string())).unwrap_or_default()
}

/// Faults for which the service is not asked.
async fn without_asking(shared: &Shared, call: &Call, cut: &Cut, fault: Option<&Fault>) -> Option<Response> {
    let (status, kind, body) = match fault? {
        Fault::Refuse => return Some(drop_connection(shared, call, cut, "refused")),
        Fault::Hang => std::future::pending().await,
        Fault::Delay(time) => {
            tokio::time::sleep(*time).await;
            return None;
        }
        Fault::Oversized => {
            note(shared, call, |call| call.status = Some(200));
            return Some(endless());
        }
        Fault::Answer { status, headers, body } => {
            note(shared, call, |call| (call.status, call.received) = (Some(*status), body.len()));
            let mut response = Response::builder().status(*status).header("Content-Type", "application/json");
            for (name, value) in headers {
                response = response.header(name, value);
            }
            return Some(response.body(Body::from(body.clone())).unwrap_or_default());
        }
        Fault::Html => (200, "text/html", "<!DOCTYPE html><html><body><h1>It works!</h1></body></html>"),
        Fault::InvalidJson => (200, "application/json", "{\"rows\": [1, 2,, 3]}"),
        Fault::Echo
        | Fault::Reset
        | Fault::Truncate
        | Fault::HalfPage
        | Fault::Shortened
        | Fault::ShortPage
        | Fault::RepeatPage
        | Fault::ForeignNext(_) => return None,
    };
    note(shared, call, |call| (call.status, call.received) = (Some(status), body.len()));
    let response = Response::builder().status(status).header("Content-Type", kind);
    Some(response.body(Body::from(body)).unwrap_or_default())
}

/// JSON that goes on until the client has had enough.
fn endless() -> Response {
    let row = Bytes::from(format!("{{\"filler\": \"{}\"}},", "x".repeat(8000)));
    let rows = stream::unfold(false, move |begun| {
        let chunk = if begun { row.clone() } else { Bytes::from_static(b"{\"rows\": [") };
        async move { Some((Ok::<_, std::io::Error>(chunk), true)) }
    });
    let response = Response::builder().header("Content-Type", "application/json");
    response.body(Body::from_stream(rows)).unwrap_or_default()
}

async fn ask(shared: &Shared, call: &Call, parts: Parts, url: &str, body: Bytes) -> reqwest::Result<Answer> {
    let url = match parts.uri.query() {
        Some(query) => format!("{url}?{query}"),
        None => url.to_owned(),
    };
    note(shared, call, |call| call.forwarded = true);
    let request = shared.client.request(parts.method, url).headers(kept(&parts.headers)).body(body);
    let answer = request.send().await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await?;
    let json: Option<Value> = match call.is_login() || call.path.ends_with("/auth/catalog") {
        true => serde_json::from_slice(&body).ok(),
        false => None,
    };
    let mut state = shared.state();
    if let Some(json) = json {
        state.learn(rewrite::endpoints(&json));
    }
    if call.is_login() {
        let token = headers.get("x-subject-token").and_then(|token| token.to_str().ok());
        state.tokens.extend(token.map(str::to_owned));
    }
    let through = |text: &str| state.through(text, &shared.origin);
    let body = match std::str::from_utf8(&body) {
        Ok(text) => Bytes::from(through(text)),
        Err(_) => body,
    };
    let mut headers = kept(&headers);
    for name in ["location", "www-authenticate"] {
        let value = headers.get(name).and_then(|value| value.to_str().ok()).map(through);
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(name, value);
        }
    }
    Ok(Answer { status, headers, body })
}

fn kept(headers: &HeaderMap) -> HeaderMap {
    let forwarded = headers.iter().filter(|(name, _)| !NOT_FORWARDED.contains(&name.as_str()));
    forwarded.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn finish(
    shared: &Shared,
    call: &Call,
    url: &str,
    cut: &Cut,
    answer: Answer,
    fault: Option<Fault>,
) -> Response {
    let Answer { status, headers, body } = answer;
    let query = if call.query.is_empty() { String::new() } else { format!("?{}", call.query) };
    let json = |change: &dyn Fn(Value) -> Value| match serde_json::from_slice(&body) {
        Ok(value) => Bytes::from(change(value).to_string()),
        Err(_) => body.clone(),
    };
    let here = shared.state().through(url, &shared.origin);
    let half = body.slice(..body.len() / 2);
    let mut resets = false;
    let body = match fault {
        Some(Fault::HalfPage) => json(&rewrite::half_page),
        Some(Fault::Shortened) => json(&rewrite::shortened),
        Some(Fault::ShortPage) => json(&|value| rewrite::short_page(value, &format!("{here}{query}"))),
        Some(Fault::RepeatPage) => json(&|value| rewrite::next(value, &format!("{here}{query}"))),
        Some(Fault::ForeignNext(origin)) => {
            json(&|value| rewrite::next(value, &format!("{origin}{}?marker=elsewhere", call.path)))
        }
        Some(Fault::Truncate) => half,
        Some(Fault::Reset) => {
            resets = true;
            half
        }
        _ => body.clone(),
    };
    let id = headers.get("x-openstack-request-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    note(shared, call, |call| {
        call.status = (!resets).then_some(status.as_u16());
        call.received = body.len();
        call.request_id = id;
    });
    let body = if resets { broken(cut.clone(), body) } else { Body::from(body) };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// The bytes, and then a reset.
fn broken(cut: Cut, body: Bytes) -> Body {
    let steps = stream::unfold(0, move |step| {
        let (cut, body) = (cut.clone(), body.clone());
        async move {
            match step {
                0 => Some((Ok(body), 1)),
                _ => {
                    // Time for the first half to leave.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    cut.now();
                    Some((Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)), 2))
                }
            }
        }
    });
    Body::from_stream(steps)
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}
