//! What the readers of literals and of declarations have in common.

use std::borrow::Cow;

use crate::data::Declarations;
use crate::notation::lexer::{Lexer, Position, Token};
use crate::notation::scope::Scope;
use crate::notation::{ParseError, ParseErrorKind};

/// Walks through a text token by token.
pub(super) struct Parser<'a, 'd> {
    pub(super) lexer: Lexer<'a>,
    /// The same before the token that is next to be taken.
    pub(super) before: Lexer<'a>,
    token: Token<'a>,
    at: Position,
    text: &'a str,
    depth: u32,
    pub(super) scope: Scope<'d>,
    /// Whether this is a script as it is, in which directives count and bodies are passed over.
    pub(super) is_script: bool,
    /// Whether it loads others that are not there, so that names may be unknown.
    pub(super) is_partial: bool,
    /// How many `@if` are open.
    pub(super) conditions: u32,
    /// Whether the `@else` that comes begins what is read.
    pub(super) is_else_read: bool,
}

impl<'a, 'd> Parser<'a, 'd> {
    pub(super) fn new(
        text: &'a str,
        declarations: Cow<'d, Declarations>,
    ) -> Result<Self, ParseError> {
        let mut parser = Parser::script(text, declarations);
        parser.is_script = false;
        parser.take()?;
        Ok(parser)
    }

    /// Begins a script as it is. The first token has to be [taken](Self::take).
    pub(super) fn script(text: &'a str, declarations: Cow<'d, Declarations>) -> Self {
        let lexer = Lexer::new(text);
        Parser {
            lexer,
            before: lexer,
            token: Token::End,
            at: lexer.at(),
            text: "",
            depth: 0,
            scope: Scope::new(declarations),
            is_script: true,
            is_partial: false,
            conditions: 0,
            is_else_read: false,
        }
    }

    /// Returns the token that is next to be taken.
    pub(super) fn token(&self) -> &Token<'a> {
        &self.token
    }

    /// Returns where that token is.
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
        loop {
            self.before = self.lexer;
            let (token, at, text) = self.lexer.next()?;
            if let (Token::Directive(word), true) = (&token, self.is_script) {
                if self.choose(word, at)? {
                    continue;
                }
            }
            self.at = at;
            self.text = text;
            return Ok(std::mem::replace(&mut self.token, token));
        }
    }

    /// Returns whether this mark is next.
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

    /// Takes this mark, which has to be next; `expected` says so in words.
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

    /// Takes a name, which has to be next; `expected` says so in words.
    pub(super) fn name(&mut self, expected: &'static str) -> Result<&'a str, ParseError> {
        let Token::Name(name) = self.token else { return Err(self.expected(expected)) };
        self.take()?;
        Ok(name)
    }

    /// Checks that nothing is left.
    pub(super) fn end(&self) -> Result<(), ParseError> {
        match self.token {
            Token::End => Ok(()),
            _ => Err(self.expected("the end")),
        }
    }

    /// Makes an error of what stands next.
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

    /// Returns to the depth of a declaration, after what was passed over.
    pub(super) fn leave_depth(&mut self) {
        self.depth = self.depth.min(1);
    }

    /// Says how deep the text is nested here.
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// Runs `item` for each item up to the mark `close`, which is taken too. Commas part the
    /// items; one after the last is allowed.
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
