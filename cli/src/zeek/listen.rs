//! `brocomm zeek listen`: prints the events that a Zeek publishes.

use std::io::Write;

use brocomm::data::Declarations;
use brocomm::lowlevel::connection;
use brocomm_zeek::client::{CloseCause, Notification};
use brocomm_zeek::mapping::{self, Mapping};

use super::connection::ZeekConnection;
use super::stream::now;
use super::url::Url;
use super::{Options, form};
use crate::failure::{Failure, failed, misused, reason, warn};
use crate::notice::Notice;
use crate::session::OutputFormat;
use crate::signals::Ends;

/// Prints the events that a Zeek publishes.
///
/// Subscribes to topics, and prints one line per event, with its topic, until Ctrl-C is pressed.
/// Without signatures a record is printed as a vector.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// The URL of the Zeek: ws://HOST[:PORT] or wss://HOST[:PORT]. The default port is 27759.
    #[arg(value_name = "URL")]
    url: Url,

    /// The prefix of the topics to receive; may be repeated. The default is all topics.
    #[arg(long, value_name = "PREFIX")]
    topic: Vec<String>,

    /// Exit after this number of events.
    #[arg(long, value_name = "N")]
    count: Option<u64>,

    #[command(flatten)]
    form: OutputFormat,

    #[command(flatten)]
    options: Options,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm zeek listen ws://127.0.0.1:27759
  brocomm zeek listen ws://manager --topic zeek/alerts/ --signatures alerts.zeek --print json

Exit codes:
  0  --count was reached, or Ctrl-C was pressed
  1  there was no connection, or it ended
  2  the command line is wrong";

/// Prints events until stopped.
pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let topics = if args.topic.is_empty() { vec![String::new()] } else { args.topic.clone() };
    let (config, declared) = args.options.read(&topics)?;
    let tls =
        args.options.tls.connector(&args.url).map_err(|error| misused(format_args!("{error}")))?;
    let options = mapping::Options { drop_fields: true, ..mapping::Options::default() };
    let mapping = Mapping::new(Declarations::new(), declared, options);
    let mut printer = args.form.printer(out, args.count);
    super::block_on(async {
        let mut ends = Ends::new().map_err(|error| failed(format_args!("{}", reason(&error))))?;
        let connected = ZeekConnection::connect(&args.url, tls.as_ref(), config).await;
        let mut connection =
            connected.map_err(|error| failed(format_args!("{}: {error}", args.url)))?;
        while !printer.is_done() {
            let notification = tokio::select! {
                notification = connection.next() => notification,
                () = ends.next() => {
                    connection.client.close(now());
                    break;
                }
            };
            match notification {
                Notification::Event { topic, event } => {
                    let event = form::shown(&event, &mapping);
                    let event = connection::ConnectionNotification::Event(event);
                    printer.show(now(), &topic.to_string(), &event)?;
                }
                Notification::Ready { endpoint, version } => {
                    let text = format!("Zeek {version}, as {endpoint}");
                    printer.notice(now(), &args.url.authority, &Notice::new("ready", [], text))?;
                }
                Notification::Closed(CloseCause::Requested) => break,
                Notification::Closed(cause) => {
                    return Err(failed(format_args!("{}: {cause}", args.url)));
                }
                Notification::Refused(error) => {
                    warn(format_args!("{}: {}: {}", args.url, error.code, error.context));
                }
                Notification::Undecodable(error) => {
                    warn(format_args!("{}: a message that cannot be read: {error}", args.url));
                }
                _ => {}
            }
        }
        connection.client.close(now());
        connection.finish().await;
        Ok(())
    })
}
