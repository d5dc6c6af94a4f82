//! `@if`, `@ifdef`, `@ifndef`, `@else` and `@endif`.

use crate::data::Value;
use crate::notation::lexer::Position;
use crate::notation::parser::Parser;
use crate::notation::{ParseError, ParseErrorKind};

impl<'a> Parser<'a, '_> {
    /// Handles a directive for conditions. Returns whether it is one.
    pub(in crate::notation) fn choose(
        &mut self,
        word: &str,
        at: Position,
    ) -> Result<bool, ParseError> {
        match word {
            "if" | "ifdef" | "ifndef" => {
                let text = self.condition(at)?;
                let holds = match word {
                    "if" => self.holds(text).ok_or_else(|| {
                        at.error(ParseErrorKind::Condition(ParseErrorKind::quote(text)))
                    })?,
                    "ifdef" => self.scope.knows(text),
                    _ => !self.scope.knows(text),
                };
                self.conditions = self.conditions.saturating_add(1);
                if !holds {
                    self.skip_branch(false, at)?;
                }
            }
            // Either the branch before `@else` was read, or `skip_branch` stopped here and the
            // branch after it is read.
            "else" if self.conditions > 0 => {
                if !std::mem::take(&mut self.is_else_read) {
                    self.skip_branch(true, at)?;
                }
            }
            "endif" if self.conditions > 0 => {
                self.conditions = self.conditions.saturating_sub(1);
                self.is_else_read = false;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn skip_branch(&mut self, both: bool, at: Position) -> Result<(), ParseError> {
        self.lexer.skip_branch(both).map_err(|kind| at.error(kind))?;
        self.is_else_read = !both;
        Ok(())
    }

    /// Returns the text in the parentheses.
    fn condition(&mut self, at: Position) -> Result<&'a str, ParseError> {
        let blank = self.lexer.skip_to(&['('], false).map_err(|kind| at.error(kind))?;
        if !blank.trim().is_empty() {
            return Err(at.error(ParseErrorKind::Condition(ParseErrorKind::quote(blank.trim()))));
        }
        self.lexer.step();
        let text = self.lexer.skip_to(&[')'], false).map_err(|kind| at.error(kind))?;
        self.lexer.step();
        Ok(text.trim())
    }

    /// Returns whether a condition holds, or `None` if only a Bro can evaluate it.
    fn holds(&self, text: &str) -> Option<bool> {
        let text = text.trim();
        if let Some((left, right)) = split(text, "||") {
            return Some(self.holds(left)? || self.holds(right)?);
        }
        if let Some((left, right)) = split(text, "&&") {
            return Some(self.holds(left)? && self.holds(right)?);
        }
        if let Some(rest) = text.strip_prefix('!') {
            return self.holds(rest).map(|holds| !holds);
        }
        if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
            return self.holds(inner);
        }
        let call: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        match call.as_str() {
            "T" => return Some(true),
            "F" => return Some(false),
            // We are not a node of the scripts' cluster.
            "Cluster::is_enabled()" | "Cluster::nodeinCluster::nodes" => return Some(false),
            _ if call.starts_with("Cluster::local_node_type()") => {
                return Some(call.contains("!="));
            }
            _ => {}
        }
        match self.scope.value(text) {
            Some(Value::Bool(value)) => Some(*value),
            _ => None,
        }
    }
}

/// Splits at the first such operator outside of all parentheses.
fn split<'t>(text: &'t str, operator: &str) -> Option<(&'t str, &'t str)> {
    let mut places = text.match_indices(operator);
    places.find_map(|(at, _)| {
        let (left, right) = text.split_at_checked(at)?;
        let is_outside = left.matches('(').count() == left.matches(')').count();
        is_outside.then_some((left, right.get(operator.len()..)?))
    })
}
