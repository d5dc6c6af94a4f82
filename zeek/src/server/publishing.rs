//! Publishing events to the client.

use brocomm::Time;

use super::machine::{Phase, Server};
use super::notification::PublishError;
use crate::json::Spelling;
use crate::message::{self, ZeekEvent};
use crate::websocket::Opcode;

impl Server {
    /// Returns whether the client is subscribed to this topic.
    pub fn is_subscribed(&self, topic: &[u8]) -> bool {
        self.phase == Phase::Ready && self.topics.iter().any(|prefix| topic.starts_with(prefix))
    }

    /// Returns whether an event can be sent without exceeding the limit.
    pub fn has_room(&self) -> bool {
        self.output.pending().len() < self.config.limits.outgoing
    }

    /// Sends an event if the client is subscribed to its topic. Returns whether it is.
    ///
    /// # Errors
    ///
    /// The event was not sent.
    pub fn publish(
        &mut self,
        topic: &[u8],
        event: &ZeekEvent,
        now: Time,
    ) -> Result<bool, PublishError> {
        self.set_time(now);
        if !self.is_subscribed(topic) {
            return Ok(false);
        }
        if !self.has_room() {
            return Err(PublishError::Full);
        }
        self.scratch.clear();
        let encoding = self.config.encoding;
        let is_utf8 = message::write_event(topic, event, encoding, &mut self.scratch)?;
        // Zeek doesn't check its output. With its spelling we don't either.
        let is_text = is_utf8 || encoding.spelling == Spelling::Zeek;
        self.output.frame(if is_text { Opcode::Text } else { Opcode::Binary }, &self.scratch);
        Ok(true)
    }
}
