//! The peers and packet counters of a node, requested repeatedly.

use brocomm::data::{Declarations, Name};
use serde_json::Value;

use super::answer::Answer;
use super::ask::text;
use super::client::Client;

/// The events of these requests.
const EVENTS: &str = "
event Control::peer_status_request();
event Control::peer_status_response(s: string);
event Control::net_stats_request();
event Control::net_stats_response(s: string);
";

pub(crate) fn declarations() -> Result<Declarations, String> {
    let mut declarations = Declarations::new();
    declarations.read(EVENTS).map_err(|error| error.to_string())?;
    Ok(declarations)
}

/// Returns the events to request.
pub(crate) fn answers() -> Vec<Name> {
    ["peer_status", "net_stats"].map(|name| format!("Control::{name}_response").into()).to_vec()
}

/// Requests the connected peers: `peer` and `host` of each.
pub(crate) fn peers(client: &mut Client) -> Result<Vec<Value>, String> {
    let answer = Answer::Peers(text(client, "Control::peer_status")?);
    Ok(answer.json()["peers"].as_array().cloned().unwrap_or_default())
}

/// Requests the packet counters: `recvd`, `dropped` and `link`.
pub(crate) fn packets(client: &mut Client) -> Result<Value, String> {
    Ok(Answer::NetStats(text(client, "Control::net_stats")?).json())
}
