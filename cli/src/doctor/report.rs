//! The output of the findings.

use std::io::Write;

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::style::{Colors, Tone};

/// Prints findings, each one immediately.
pub(crate) struct Report<'a> {
    out: &'a mut dyn Write,
    json: bool,
    colors: Colors,
}

impl<'a> Report<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, json: bool) -> Report<'a> {
        Report { out, json, colors: Colors::of_stdout() }
    }

    pub(crate) fn ok(&mut self, step: &str, text: &str) -> Result<(), Failure> {
        self.tell("ok", step, text, Value::Null)
    }

    pub(crate) fn note(&mut self, step: &str, text: &str) -> Result<(), Failure> {
        self.tell("note", step, text, Value::Null)
    }

    /// Prints a finding that ends the check.
    pub(crate) fn bad(&mut self, step: &str, text: &str) -> Result<(), Failure> {
        self.tell("BAD", step, text, Value::Null)?;
        Err(Failure::Reported)
    }

    /// Prints a finding. In JSON the fields are added.
    pub(crate) fn tell(
        &mut self,
        finding: &str,
        step: &str,
        text: &str,
        fields: Value,
    ) -> Result<(), Failure> {
        if self.json {
            let mut line = json!({ "step": step, "finding": finding, "text": text });
            if let (Value::Object(line), Value::Object(mut fields)) = (&mut line, fields) {
                line.append(&mut fields);
            }
            writeln!(self.out, "{line}")?;
        } else {
            let finding = self.colors.paint(Tone::of_finding(finding), format!("{finding:<4}"));
            writeln!(self.out, "{finding}  {step:<12}  {text}")?;
        }
        Ok(self.out.flush()?)
    }
}
