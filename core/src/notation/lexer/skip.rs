//! Skipping of parts of scripts: function bodies, and expressions that are not constants.

use super::{Lexer, name_length};
use crate::notation::ParseErrorKind;

/// Words after which a slash begins a pattern.
const BEFORE_PATTERN: [&str; 4] = ["in", "return", "print", "case"];

impl<'a> Lexer<'a> {
    /// Skips everything up to one of these characters outside of all brackets, or with `attributes`
    /// up to an attribute, which is not consumed. Returns the skipped text.
    pub(in crate::notation) fn skip_to(
        &mut self,
        ends: &[char],
        attributes: bool,
    ) -> Result<&'a str, ParseErrorKind> {
        let start = self.rest;
        let mut depth = 0_u32;
        // Whether a slash would be a division.
        let mut after_value = false;
        loop {
            self.skip_blank();
            let Some(next) = self.peek() else { return Err(ParseErrorKind::UnterminatedBlock) };
            if depth == 0 && (ends.contains(&next) || (attributes && self.is_attribute())) {
                self.after_value = false;
                let length = start.len().saturating_sub(self.rest.len());
                return Ok(start.get(..length).unwrap_or_default());
            }
            match next {
                '"' => {
                    self.string()?;
                    after_value = true;
                }
                '/' if !after_value => {
                    self.pattern()?;
                    after_value = true;
                }
                '_' | 'a'..='z' | 'A'..='Z' => {
                    let word = self.take(name_length(self.rest));
                    after_value = !BEFORE_PATTERN.contains(&word);
                }
                _ => {
                    self.bump();
                    match next {
                        '(' | '[' | '{' => depth = depth.saturating_add(1),
                        ')' | ']' | '}' => {
                            depth = depth.checked_sub(1).ok_or(ParseErrorKind::Character(next))?;
                        }
                        _ => {}
                    }
                    after_value = next == ')' || next == ']' || next.is_ascii_digit();
                }
            }
        }
    }

    fn is_attribute(&self) -> bool {
        self.rest
            .strip_prefix('&')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic()))
    }

    /// Returns the rest of the line without a comment, trimmed.
    pub(in crate::notation) fn rest_of_line(&mut self) -> &'a str {
        self.after_value = false;
        let line = self.take_while(|c| c != '\n');
        line.split('#').next().unwrap_or_default().trim()
    }

    /// Skips the lines up to the `@else` or `@endif` of an `@if`, which is not consumed; with
    /// `both`, up to `@endif`.
    pub(in crate::notation) fn skip_branch(&mut self, both: bool) -> Result<(), ParseErrorKind> {
        let mut depth = 0_u32;
        self.after_value = false;
        loop {
            self.take_while(|c| c != '\n');
            if self.bump().is_none() {
                return Err(ParseErrorKind::UnterminatedIf);
            }
            let before = *self;
            self.take_while(|c| c == ' ' || c == '\t');
            let word = self.rest.strip_prefix('@').map(|rest| rest.get(..name_length(rest)));
            match (word.flatten().unwrap_or_default(), depth) {
                ("if" | "ifdef" | "ifndef", _) => depth = depth.saturating_add(1),
                ("endif", 0) => {
                    *self = before;
                    return Ok(());
                }
                ("else", 0) if !both => {
                    *self = before;
                    return Ok(());
                }
                ("endif", _) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
}
