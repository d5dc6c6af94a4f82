//! One node sends a request to another and waits for the answer. Both run in this program.
//!
//! ```text
//! cargo run -p brocomm-async-std --example smol_request
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use brocomm_async_std::{Event, Node};

#[derive(Event)]
struct ReputationWanted {
    host: IpAddr,
}

#[derive(Event)]
struct Reputation {
    host: IpAddr,
    text: String,
}

/// Answers each request until the node stops.
async fn serve(server: Node) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut questions = server.events::<ReputationWanted>()?;
    while let Some(question) = questions.next().await {
        let (_, ReputationWanted { host }) = question?;
        server.raise(Reputation { host, text: "unknown".to_owned() }).await?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    smol::block_on(async {
        let server = Node::builder()
            .receive::<ReputationWanted>()
            .send::<Reputation>()
            .listen("127.0.0.1:0")
            .accept("127.0.0.1")
            .start()?;
        let address = server.listening().await.ok_or("the server stopped")?.to_string();
        smol::spawn(serve(server)).detach();

        let client = Node::builder()
            .send::<ReputationWanted>()
            .receive::<Reputation>()
            .connect(&address)
            .start()?;
        client.connected().await.ok_or("the client stopped")?;
        let host = IpAddr::from([10, 0, 0, 1]);
        let about_it = move |answer: &Reputation| answer.host == host;
        let limit = Duration::from_secs(10);
        let (_, answer) = client.ask(ReputationWanted { host }, about_it, limit).await?;
        println!("the reputation of {} is {}", answer.host, answer.text);
        Ok(())
    })
}
