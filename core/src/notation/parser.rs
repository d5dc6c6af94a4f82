//! The parser shared by literals and declarations.

use std::borrow::Cow;

use crate::data::Declarations;
use crate::notation::lexer::{Lexer, Position, Token};
use crate::notation::scope::Scope;
use crate::notation::{ParseError, ParseErrorKind};

/// A token-by-token parser.
pub(super) struct Parser<'a, 'd> {
    lexer: Lexer<'a>,
    token: Token<'a>,
    at: Position,
    text: &'a str,
    depth: u32,
    pub(super) scope: Scope<'d>,
}

impl<'a, 'd> Parser<'a, 'd> {
    pub(super) fn new(
        text: &'a str,
        declarations: Cow<'d, Declarations>,
    ) -> Result<Self, ParseError> {
        let mut lexer = Lexer::new(text);
        let (token, at, text) = lexer.next()?;
        Ok(Parser { lexer, token, at, text, depth: 0, scope: Scope::new(declarations) })
    }

    /// Returns the next token.
    pub(super) fn token(&self) -> &Token<'a> {
        &self.token
    }

    /// Returns the next token's position.
    pub(super) fn at(&self) -> Position {
        self.at
    }

    /// Returns the token after that one.
    pub(super) fn second(&self) -> Result<Token<'a>, ParseError> {
        let mut lexer = self.lexer;
        lexer.next().map(|(token, ..)| token)
    }

    /// Takes a token.
    pub(super) fn take(&mut self) -> Result<Token<'a>, ParseError> {
        let (token, at, text) = self.lexer.next()?;
        self.at = at;
        self.text = text;
        Ok(std::mem::replace(&mut self.token, token))
    }

    /// Returns whether the next token is this mark.
    pub(super) fn is(&self, mark: char) -> bool {
        self.token == Token::Mark(mark)
    }

    /// Takes this mark, if it is next.
    pub(super) fn eat(&mut self, mark: char) -> Result<bool, ParseError> {
        let there = self.is(mark);
        if there {
            self.take()?;
        }
        Ok(there)
    }

    /// Takes this mark, which must be next; `expected` describes it for the error.
    pub(super) fn expect(&mut self, mark: char, expected: &'static str) -> Result<(), ParseError> {
        if self.eat(mark)? { Ok(()) } else { Err(self.expected(expected)) }
    }

    /// Takes this word, if it is next.
    pub(super) fn eat_word(&mut self, word: &str) -> Result<bool, ParseError> {
        let there = matches!(self.token, Token::Name(name) if name == word);
        if there {
            self.take()?;
        }
        Ok(there)
    }

    /// Takes a name, which must be next; `expected` describes it for the error.
    pub(super) fn name(&mut self, expected: &'static str) -> Result<&'a str, ParseError> {
        let Token::Name(name) = self.token else { return Err(self.expected(expected)) };
        self.take()?;
        Ok(name)
    }

    /// Checks that the text has ended.
    pub(super) fn end(&self) -> Result<(), ParseError> {
        match self.token {
            Token::End => Ok(()),
            _ => Err(self.expected("the end")),
        }
    }

    /// Creates an error about the next token.
    pub(super) fn expected(&self, expected: &'static str) -> ParseError {
        let found = match self.token {
            Token::End => "the end".to_owned(),
            _ => format!("`{}`", ParseErrorKind::quote(self.text)),
        };
        self.at.error(ParseErrorKind::Expected { expected, found })
    }

    /// Runs `inner` one level deeper.
    pub(super) fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        self.depth = self.depth.saturating_add(1);
        self.scope.note(self.depth).map_err(|kind| self.at.error(kind))?;
        let result = inner(self)?;
        self.depth = self.depth.saturating_sub(1);
        Ok(result)
    }

    /// Returns the nesting depth at this position.
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// Runs `item` for each item up to `close`, which is consumed. Items are separated by commas; a
    /// trailing comma is allowed.
    pub(super) fn comma_list(
        &mut self,
        close: char,
        expected: &'static str,
        mut item: impl FnMut(&mut Self) -> Result<(), ParseError>,
    ) -> Result<(), ParseError> {
        while !self.eat(close)? {
            item(self)?;
            if !self.is(close) {
                self.expect(',', expected)?;
            }
        }
        Ok(())
    }
}
