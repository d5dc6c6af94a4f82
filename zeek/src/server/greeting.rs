//! The server's side of the HTTP handshake.

use brocomm::data::Name;

use super::machine::{Phase, Server};
use crate::client::API_PATH;
use crate::websocket::{self, CloseFrame, codes};

const SERVER: &str = concat!("brocomm/", env!("CARGO_PKG_VERSION"));

impl Server {
    pub(super) fn read_request(&mut self) {
        let request = match self.head.request(self.config.limits.handshake) {
            Ok(None) => return,
            Ok(Some(request)) => request,
            Err(reason) => return self.reject(&reason),
        };
        let accept = websocket::accept_key(&request.key);
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {accept}\r\n\
             Upgrade: websocket\r\nConnection: Upgrade\r\nServer: {SERVER}\r\n\r\n"
        );
        self.output.raw(answer.as_bytes());
        let head = std::mem::take(&mut self.head);
        self.frames.feed(head.get(request.length..).unwrap_or_default());
        self.enter(Phase::Subscribing);
        if self.config.ping_interval.is_some() {
            self.ping();
        }
        if request.path != API_PATH.as_bytes() {
            let context = "Invalid URI - use /v1/messages/json";
            self.error("invalid_uri", context);
            return self.close_with(codes::POLICY, context.as_bytes());
        }
        if let Some(name) = request.application {
            if !crate::client::is_application(&name) {
                let context = "Invalid X-Application-Name";
                self.error("invalid_application_name", context);
                return self.close_with(codes::POLICY, context.as_bytes());
            }
            self.application = Some(Name::from_bytes(name.into()));
        }
    }

    /// Refuses the upgrade. As in Zeek, no empty line ends the answer.
    pub(super) fn reject(&mut self, reason: &str) {
        let answer = format!("HTTP/1.1 400 {reason}\r\nServer: {SERVER}\r\n");
        self.output.raw(answer.as_bytes());
        self.finish(CloseFrame { code: codes::ABNORMAL, reason: Name::from(reason) });
    }
}
