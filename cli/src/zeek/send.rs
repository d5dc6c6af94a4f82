//! `brocomm zeek send`: publishes events in a Zeek.

use std::time::Duration;

use brocomm::data::{Declarations, Event};
use brocomm_zeek::client::{CloseCause, Notification};
use brocomm_zeek::mapping::{self, Mapping};
use brocomm_zeek::message::ZeekEvent;
use tokio::time::timeout;

use super::Options;
use super::connection::ZeekConnection;
use super::stream::now;
use super::url::Url;
use crate::call;
use crate::declare::pointed;
use crate::failure::{Failure, failed, misused, tell};
use crate::session;

/// Publishes events in a Zeek.
///
/// Sends them in the given order under the topic, and waits until Zeek has read all of them. Zeek
/// answers with an error if it does not know an event or if its arguments have other types; the
/// process that listens must have loaded a script that declares the event.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// The URL of the Zeek: ws://HOST[:PORT] or wss://HOST[:PORT]. The default port is 27759.
    #[arg(value_name = "URL")]
    url: Url,

    /// The events, as in a script: 'Site::alert("x", 7, 10.0.0.1)', or as JSON:
    /// '{"event": "Site::alert", "args": ["x", 7, "10.0.0.1"]}'.
    #[arg(required = true, value_name = "EVENT(VALUE, …)")]
    calls: Vec<String>,

    /// The topic to publish under.
    #[arg(long, value_name = "TOPIC", default_value = "brocomm/")]
    topic: String,

    /// The time limit for connecting and until Zeek has read all events, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = session::timeout,
        allow_negative_numbers = true)]
    timeout: Duration,

    #[command(flatten)]
    options: Options,
}

const AFTER_HELP: &str = "\
Without signatures 7 is a count, +7 and -7 are ints, and records are sent field by field as written.

Examples:
  brocomm zeek send ws://127.0.0.1:27759 'Site::alert(\"hello\", 7)'
  brocomm zeek send ws://manager --topic site/ --signatures site.zeek 'Site::seen([$host=10.0.0.1])'

Exit codes:
  0  Zeek has read and accepted the events
  1  there was no connection, or Zeek refused an event
  2  the command line, or an event on it, is wrong";

/// Sends the events and waits until they are read.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let (config, declared) = args.options.read(&[])?;
    let tls =
        args.options.tls.connector(&args.url).map_err(|error| misused(format_args!("{error}")))?;
    let mapping = Mapping::new(Declarations::new(), declared, mapping::Options::default());
    let events = args
        .calls
        .iter()
        .map(|text| event(text, &mapping))
        .collect::<Result<Vec<ZeekEvent>, Failure>>()?;
    super::block_on(async {
        let work = async {
            let connected = ZeekConnection::connect(&args.url, tls.as_ref(), config).await;
            let connection =
                connected.map_err(|error| failed(format_args!("{}: {error}", args.url)))?;
            publish(connection, args, &events).await
        };
        match timeout(args.timeout, work).await {
            Ok(result) => result,
            Err(_) => Err(failed(format_args!(
                "{}: Zeek has not read all events within {} s",
                args.url,
                args.timeout.as_secs_f64()
            ))),
        }
    })
}

/// Parses an event by the declarations of Zeek's side.
fn event(text: &str, mapping: &Mapping) -> Result<ZeekEvent, Failure> {
    let declared = mapping.zeek();
    let event = if call::is_json(text) {
        call::json(text, declared)
            .and_then(|event| event.ok_or_else(|| "not an event".to_owned()))
            .map_err(|error| misused(format_args!("{text}: {error}")))?
    } else {
        Event::parse(text, declared)
            .map_err(|error| misused(format_args!("{}", pointed(text, &error))))?
    };
    let mapped = match declared.event(&event.name) {
        Some(_) => mapping.to_zeek(&event, &event.name),
        None => mapping.guess_zeek(&event),
    };
    mapped.map_err(|refusal| misused(format_args!("{text}: {refusal}")))
}

async fn publish(
    mut connection: ZeekConnection,
    args: &Args,
    events: &[ZeekEvent],
) -> Result<(), Failure> {
    let url = &args.url;
    let mut waiting = events.iter();
    let (mut is_ready, mut refused) = (false, 0);
    loop {
        while is_ready && connection.client.has_room() {
            let Some(event) = waiting.next() else { break };
            connection
                .client
                .send_event(args.topic.as_bytes(), event, now())
                .map_err(|error| misused(format_args!("{}: {error}", event.name)))?;
        }
        let is_read = connection.client.confirmed() == events.len() as u64;
        if is_ready && is_read {
            // Zeek may refuse the last event only after it has read it.
            connection.client.close(now());
        }
        match connection.next_or_step().await {
            Some(Notification::Ready { .. }) => is_ready = true,
            Some(Notification::Refused(error)) => {
                refused += 1;
                tell(format_args!(
                    "{url}: Zeek refused an event: {}; does the process that listens know the event?",
                    error.context
                ));
            }
            Some(Notification::Closed(CloseCause::Requested)) => break,
            Some(Notification::Closed(cause)) => {
                return Err(failed(format_args!("{url}: {cause}")));
            }
            _ => {}
        }
    }
    connection.finish().await;
    if refused > 0 { Err(Failure::Reported) } else { Ok(()) }
}
