//! The parser shared by literals and declarations.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::{Declarations, Global, Name, Type, TypeDef, TypeKind, Value, default_of};
use crate::notation::lexer::{Lexer, Position, Token};
use crate::notation::{ParseError, ParseErrorKind};

/// A token-by-token parser.
pub(super) struct Parser<'a, 'd> {
    pub(super) lexer: Lexer<'a>,
    /// The lexer before the next token.
    pub(super) before: Lexer<'a>,
    token: Token<'a>,
    at: Position,
    text: &'a str,
    /// The nesting depth at this position.
    pub(super) depth: u32,
    pub(super) scope: Scope<'d>,
    /// Whether this is a complete script, with directives, and with bodies to skip.
    pub(super) is_script: bool,
    /// Whether it loads missing scripts, so that names may be unknown.
    pub(super) is_partial: bool,
    /// The number of open `@if`s.
    pub(super) conditions: u32,
    /// Whether the branch after the next `@else` is read.
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

    /// Creates a parser for a complete script. [Take](Self::take) the first token before use.
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

    /// Returns the next token.
    pub(super) fn token(&self) -> &Token<'a> {
        &self.token
    }

    /// Returns the next token's position.
    pub(super) fn at(&self) -> Position {
        self.at
    }

    /// Returns the token after the next one.
    pub(super) fn second(&self) -> Result<Token<'a>, ParseError> {
        let mut lexer = self.lexer;
        lexer.next().map(|(token, ..)| token)
    }

    /// Takes a token.
    pub(super) fn take(&mut self) -> Result<Token<'a>, ParseError> {
        loop {
            self.before = self.lexer;
            let (token, at, text) = self.lexer.next()?;
            if let (Token::Directive(word), true) = (&token, self.is_script)
                && self.choose(word, at)?
            {
                continue;
            }
            self.at = at;
            self.text = text;
            return Ok(std::mem::replace(&mut self.token, token));
        }
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

    /// Reads items up to `close`, which is consumed. They are separated by commas; a trailing comma
    /// is allowed.
    pub(super) fn comma_list<T>(
        &mut self,
        close: char,
        expected: &'static str,
        mut item: impl FnMut(&mut Self) -> Result<T, ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        let mut items = Vec::new();
        while !self.eat(close)? {
            items.push(item(self)?);
            if !self.is(close) {
                self.expect(',', expected)?;
            }
        }
        Ok(items)
    }
}

/// The maximum nesting of a text and of the types that it declares.
///
/// Bro's deepest types have about ten levels.
pub(super) const MAX_DEPTH: u32 = 64;

/// The declared names.
pub(super) struct Scope<'d> {
    pub(super) declarations: Cow<'d, Declarations>,
    /// The current module, empty for the global one.
    pub(super) module: String,
    /// Whether a declaration is being read.
    pub(super) is_declaring: bool,
    /// The record type being declared.
    pub(super) enclosing: Option<Type>,
    /// The depths of the named types that were looked up or declared.
    depths: BTreeMap<Name, u32>,
    /// The depth of the current declaration, including named types.
    deepest: u32,
}

impl<'d> Scope<'d> {
    pub(super) fn new(declarations: Cow<'d, Declarations>) -> Scope<'d> {
        Scope {
            declarations,
            module: String::new(),
            is_declaring: false,
            enclosing: None,
            depths: BTreeMap::new(),
            deepest: 0,
        }
    }

    /// Returns the full name for a declaration of this name here.
    pub(super) fn full_name<'n>(&self, name: &'n str) -> Cow<'n, str> {
        match name.strip_prefix("GLOBAL::") {
            Some(global) => global.into(),
            None if self.module.is_empty() || name.contains("::") => name.into(),
            None => format!("{}::{name}", self.module).into(),
        }
    }

    /// Returns the full names that a name may refer to; the first declared one applies.
    pub(super) fn candidates<'n>(&self, name: &'n str) -> [Cow<'n, str>; 2] {
        [self.full_name(name), name.into()]
    }

    /// Returns the type with this name, for use at this depth of the text.
    pub(super) fn ty(&mut self, name: &str, depth: u32) -> Result<Type, ParseErrorKind> {
        let candidates = self.candidates(name);
        if let Some(enclosing) = &self.enclosing
            && candidates.iter().any(|name| enclosing.name() == &**name)
        {
            return Ok(enclosing.clone());
        }
        let mut types = candidates
            .iter()
            .filter_map(|name| self.declarations.types.get_key_value(name.as_bytes()));
        let Some((name, ty)) = types.next() else {
            return Err(ParseErrorKind::UnknownType(ParseErrorKind::quote(name)));
        };
        let (name, ty) = (name.clone(), ty.clone());
        let own = match self.depths.get(&name) {
            Some(own) => *own,
            None => {
                let own = type_depth(&ty, &mut BTreeMap::new(), 0);
                self.depths.insert(name, own);
                own
            }
        };
        self.note(depth.saturating_add(own))?;
        Ok(ty)
    }

    /// Records that the current declaration reaches this depth.
    pub(super) fn note(&mut self, depth: u32) -> Result<(), ParseErrorKind> {
        self.deepest = self.deepest.max(depth);
        if depth > MAX_DEPTH {
            return Err(ParseErrorKind::TooDeep { limit: MAX_DEPTH });
        }
        Ok(())
    }

    /// Begins a declaration.
    pub(super) fn begin(&mut self) {
        self.is_declaring = true;
        self.deepest = 0;
    }

    /// Adds the type of the current declaration.
    pub(super) fn add_type(&mut self, name: Name, ty: Type) {
        self.depths.insert(name.clone(), self.deepest);
        self.declarations.to_mut().types.insert(name, ty);
    }

    /// Returns the value of the variable or constant with this name.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.global(name)?.init.as_ref()
    }

    /// Returns the variable or constant with this name.
    pub(super) fn global(&self, name: &str) -> Option<&Global> {
        let globals = &self.declarations.globals;
        self.candidates(name).iter().find_map(|name| globals.get(name.as_bytes()))
    }

    /// Returns whether a variable or constant with this name is declared, even if its type is
    /// unknown.
    pub(super) fn is_variable(&self, name: &str) -> bool {
        let globals = &self.declarations.globals;
        self.candidates(name).iter().any(|name| globals.is_declared(name.as_bytes()))
    }

    /// Returns whether anything with this name is declared.
    pub(super) fn knows(&self, name: &str) -> bool {
        let is_known = |name: &Cow<'_, str>| {
            let name = name.as_bytes();
            self.declarations.types.contains_key(name)
                || self.declarations.events.contains_key(name)
        };
        self.is_variable(name)
            || self.candidates(name).iter().any(is_known)
            || self.constant(name).is_some()
    }

    /// Records that the current declaration contains this value of another declaration.
    ///
    /// Values that refer to other values can grow with each declaration, in depth and size.
    pub(super) fn note_value(&mut self, value: &Value) -> Result<(), ParseErrorKind> {
        const MAX_PARTS: usize = 1 << 20;
        let mut left = MAX_PARTS;
        if fits(value, MAX_DEPTH, &mut left) {
            return Ok(());
        }
        Err(ParseErrorKind::TooDeep { limit: MAX_DEPTH })
    }

    /// Returns the enum with a constant of this name, and the constant's number.
    pub(super) fn constant(&self, name: &str) -> Option<(Type, i64)> {
        self.candidates(name).iter().find_map(|name| {
            self.declarations.types.values().find_map(|ty| match ty {
                Type::Def(def) => match &def.kind {
                    TypeKind::Enum(names) => Some((ty.clone(), names.number_of(name.as_bytes())?)),
                    _ => None,
                },
                _ => None,
            })
        })
    }
}

/// Returns the depth of a type, at most a little more than [`MAX_DEPTH`].
///
/// `known` avoids visiting shared parts again.
fn type_depth(ty: &Type, known: &mut BTreeMap<*const TypeDef, u32>, level: u32) -> u32 {
    let Type::Def(def) = ty else { return 1 };
    if level > MAX_DEPTH {
        return 1;
    }
    if let Some(depth) = known.get(&Arc::as_ptr(def)) {
        return *depth;
    }
    let level = level.saturating_add(1);
    let mut deepest = 0;
    let mut part = |ty: &Type| deepest = type_depth(ty, known, level).max(deepest);
    match &def.kind {
        TypeKind::List(list) => list.types.iter().for_each(part),
        TypeKind::Table(table) => {
            part(&table.index);
            table.yields.iter().for_each(part);
        }
        TypeKind::Set(set) => part(&set.index),
        TypeKind::Func(func) => {
            part(&func.args);
            func.yields.iter().for_each(part);
        }
        TypeKind::Record(record) => record.fields.iter().flatten().for_each(|field| {
            part(&field.ty);
            default_of(field).map(|value| value.ty()).iter().for_each(&mut part);
        }),
        TypeKind::File(element) | TypeKind::Vector(element) => part(element),
        TypeKind::Atomic(_) | TypeKind::Enum(_) | TypeKind::Opaque(_) => {}
    }
    let depth = deepest.saturating_add(1);
    known.insert(Arc::as_ptr(def), depth);
    depth
}

/// Returns whether a value has at most `depth` levels and at most `left` parts.
fn fits(value: &Value, depth: u32, left: &mut usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let Some(rest) = left.checked_sub(1) else { return false };
    *left = rest;
    let mut part = |value: &Value| fits(value, depth, left);
    match value {
        Value::List(list) => list.items.iter().all(part),
        Value::Table(table) => {
            table.entries.iter().all(|e| e.index.items.iter().chain(&e.value).all(&mut part))
        }
        Value::Record(record) => record.fields.iter().flatten().all(part),
        Value::Vector(vector) => vector.items.iter().flatten().all(part),
        _ => true,
    }
}
