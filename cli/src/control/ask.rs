//! Requests to a node, and their answers.

use brocomm::data::{Event, Name, Value};
use bytes::Bytes;

use super::answer::{Answer, Setting};
use super::client::Client;
use super::command::{Constant, Task};

/// Runs a command at a node, within the client's time limit.
pub(super) fn ask(mut client: Client, task: &Task) -> Result<Answer, String> {
    client.ready()?;
    let answer = match task {
        Task::Id { names, .. } => Answer::Ids(values(&mut client, names)?),
        Task::Peers(_) => {
            let name = "Control::peer_status";
            Answer::Peers(text(&mut client, name)?)
        }
        Task::NetStats(_) => Answer::NetStats(text(&mut client, "Control::net_stats")?),
        Task::Update { ids, is_set, .. } => update(&mut client, ids, *is_set)?,
        Task::Shutdown(_) => {
            call(&mut client, "Control::shutdown", |_| Some(()))?;
            Answer::Shutdown
        }
    };
    client.part();
    Ok(answer)
}

fn event(name: String, args: Vec<Value>) -> Event {
    Event { name: Name::from(name), time: 0.0, args }
}

/// Raises the request of this name, and waits for its response.
fn call<T>(
    client: &mut Client,
    name: &str,
    mut take: impl FnMut(&Event) -> Option<T>,
) -> Result<T, String> {
    let (request, response) = (format!("{name}_request"), format!("{name}_response"));
    client.send(event(request.clone(), Vec::new()))?;
    client
        .answer(&request, |event| if event.name == response.as_str() { take(event) } else { None })
}

/// Sends a request whose answer is one text.
pub(super) fn text(client: &mut Client, name: &str) -> Result<Bytes, String> {
    call(client, name, |event| match &event.args[..] {
        [Value::String(text)] => Some(text.clone()),
        _ => None,
    })
}

/// Requests the values of variables, all at once. Answers to other controllers arrive too.
fn values(client: &mut Client, names: &[String]) -> Result<Vec<(String, Bytes)>, String> {
    for name in names {
        let name = Value::String(Bytes::from(name.clone()));
        client.send(event("Control::id_value_request".to_owned(), vec![name]))?;
    }
    let mut values = Vec::new();
    for name in names {
        values.push((name.clone(), None));
    }
    while let Some((missing, _)) = values.iter().find(|(_, value)| value.is_none()) {
        let request = format!("Control::id_value_request(\"{missing}\")");
        let (name, value) = client.answer(&request, |event| match &event.args[..] {
            [Value::String(name), Value::String(value)]
                if event.name == "Control::id_value_response" =>
            {
                Some((name.clone(), value.clone()))
            }
            _ => None,
        })?;
        let asked = values.iter_mut().find(|(asked, _)| asked.as_bytes() == &*name);
        if let Some((_, place)) = asked {
            *place = Some(value);
        }
    }
    let values = values.into_iter().filter_map(|(name, value)| Some((name, value?)));
    Ok(values.collect())
}

/// Sends constants and the notification of an update. Then requests the values of those that the
/// user set.
fn update(client: &mut Client, ids: &[Constant], is_set: bool) -> Result<Answer, String> {
    // A node accepts constants only from peers whose events it accepts. Others would be lost
    // silently.
    client.requests("Control::configuration_update_request")?;
    for constant in ids {
        client
            .connection_mut()
            .send_id(&constant.id)
            .map_err(|error| format!("{} was not sent: {error}", constant.name()))?;
    }
    // A Bro closes the connection if it knows a constant with another type.
    call(client, "Control::configuration_update", |_| Some(())).map_err(|why| {
        let is_sent = !ids.is_empty() && client.is_over();
        let hint = if is_sent { "; does the node declare it with another type?" } else { "" };
        format!("{why}{hint}")
    })?;
    if !is_set {
        return Ok(Answer::Updated(ids.len()));
    }
    let names: Vec<String> = ids.iter().map(Constant::name).collect();
    let values = values(client, &names)?;
    let settings = ids.iter().zip(values).map(|(constant, (name, value))| {
        let is_taken = !constant.is_comparable() || constant.printed() == value;
        let wanted = Bytes::from(constant.printed());
        Setting { name, value, guess: constant.guess(), refused: (!is_taken).then_some(wanted) }
    });
    Ok(Answer::Set(settings.collect()))
}
