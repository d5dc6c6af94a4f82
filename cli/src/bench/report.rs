//! The results as a table or as JSON.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::measured::{Measured, PERCENTILES};
use super::{Args, Call, plot};

/// The results and the settings of a benchmark.
pub(super) struct Report<'a> {
    pub(super) args: &'a Args,
    pub(super) address: &'a str,
    pub(super) call: &'a Call,
    pub(super) measured: &'a Measured,
}

impl Report<'_> {
    pub(super) fn show(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.args.json {
            return writeln!(out, "{}", self.json());
        }
        self.table(out)?;
        if self.args.plot && self.measured.answered() > 0 {
            writeln!(out, "\n{}", plot::text(self.measured))?;
        }
        Ok(())
    }

    /// Returns the title of the plot.
    pub(super) fn title(&self) -> String {
        let (Args { connections, window, .. }, payload) = (self.args, self.call.payload());
        format!(
            "{} at {}: connections {connections}, window {window}, {payload} bytes",
            self.call.event, self.address
        )
    }

    fn json(&self) -> Value {
        let (Args { connections, window, .. }, measured) = (self.args, self.measured);
        let mut latency = Map::new();
        let mut tell = |name: &str, seconds: Option<f64>| {
            if let Some(seconds) = seconds {
                latency.insert(name.to_owned(), json!(seconds));
            }
        };
        tell("min", measured.shortest());
        PERCENTILES.iter().for_each(|(_, name, part)| tell(name, measured.latency(*part)));
        tell("max", measured.longest());
        tell("mean", measured.mean());
        tell("stdev", measured.deviation());
        let latency = if latency.is_empty() { Value::Null } else { Value::Object(latency) };
        json!({
            "event": self.call.event.to_string(),
            "reply": self.call.reply.to_string(),
            "peer": self.address,
            "connections": connections,
            "window": window,
            "payload": self.call.payload(),
            "sent": measured.sent,
            "answered": measured.answered(),
            "unexpected": measured.unexpected,
            "others": measured.others,
            "seconds": measured.seconds(),
            "rate": measured.rate(),
            "latency": latency,
        })
    }

    fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let (Args { connections, window, .. }, measured) = (self.args, self.measured);
        let (event, reply, payload) = (&self.call.event, &self.call.reply, self.call.payload());
        let (sent, answered) = (measured.sent, measured.answered());
        writeln!(out, "{event} > {reply} at {}", self.address)?;
        writeln!(out, "connections  {connections}, window {window}")?;
        writeln!(out, "payload      {payload} bytes in each event")?;
        write!(out, "events       {sent} sent, {answered} answered")?;
        for (count, what) in [
            (measured.unexpected, "replies to no event"),
            (measured.others, "to other connections"),
        ] {
            if count > 0 {
                write!(out, ", {count} {what}")?;
            }
        }
        writeln!(out)?;
        let Some(rate) = measured.rate() else { return Ok(()) };
        let megabytes = rate * payload as f64 / 1e6;
        writeln!(out, "time         {:.3} s", measured.seconds())?;
        writeln!(out, "rate         {rate:.0} events/s, {megabytes:.3} MB/s in each direction")?;
        writeln!(out, "latency")?;
        let mut row = |name: &str, seconds: Option<f64>| match seconds {
            Some(seconds) => writeln!(out, "  {name:<9}  {:>10.3} ms", seconds * 1e3),
            None => Ok(()),
        };
        row("min", measured.shortest())?;
        for (name, _, part) in PERCENTILES {
            row(name, measured.latency(part))?;
        }
        row("max", measured.longest())?;
        row("mean", measured.mean())?;
        row("stdev", measured.deviation())
    }
}
