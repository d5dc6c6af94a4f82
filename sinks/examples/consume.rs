//! Prints what collectors publish to a stream of NATS JetStream, as a member of a group that shares
//! the load. Each message goes to one member of the group, and to another one if it is not
//! acknowledged.
//!
//! ```sh
//! cargo run -p brocomm-sinks --features nats --example consume -- nats://127.0.0.1:4222 zeek
//! ```

use std::error::Error;
use std::io::Write;

use async_nats::jetstream::{self, consumer::push};
use tokio_stream::StreamExt;

/// The name of the group, that of Zeek's loggers.
const GROUP: &str = "zeek-logs";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(server), Some(stream)) = (arguments.next(), arguments.next()) else {
        return Err("usage: consume SERVER STREAM".into());
    };
    let context = jetstream::new(async_nats::connect(server).await?);
    let stream = context.get_stream(stream).await?;
    let config = push::Config {
        durable_name: Some(GROUP.to_owned()),
        deliver_group: Some(GROUP.to_owned()),
        deliver_subject: format!("deliver.{GROUP}"),
        filter_subject: "zeek.logs.>".to_owned(),
        ..push::Config::default()
    };
    let mut messages = stream.get_or_create_consumer(GROUP, config).await?.messages().await?;
    let mut out = std::io::stdout().lock();
    while let Some(message) = messages.next().await {
        let message = message?;
        writeln!(out, "{} {}", message.subject, message.payload.escape_ascii())?;
        // Only printed messages are acknowledged.
        out.flush()?;
        message.ack().await.map_err(|error| error.to_string())?;
    }
    Ok(())
}
