//! Parsing of declarations in the notation of Bro's scripts.
//!
//! Supports declarations of types, events, global variables and constants, modules, `export`
//! blocks, and `redef` of variables and constants; not event handlers and function bodies.

mod attributes;
#[cfg(test)]
mod global_tests;
#[cfg(test)]
mod tests;
mod types;

use std::borrow::Cow;
use std::sync::Arc;

use crate::data::{
    Attribute, AttributeTag, Attributes, Declarations, EventDecl, Field, Global, Name, Type,
    TypeKind,
};
use crate::notation::Load;
use crate::notation::lexer::Token;
use crate::notation::parser::Parser;
use crate::notation::{ParseError, ParseErrorKind};

/// Words that begin statements, which are not declarations.
const STATEMENTS: [&str; 10] =
    ["if", "for", "while", "when", "switch", "print", "local", "add", "delete", "schedule"];

impl Declarations {
    /// Parses declarations and adds them, replacing earlier ones with the same name.
    ///
    /// ```
    /// # use brocomm::data::Declarations;
    /// let mut declarations = Declarations::new();
    /// declarations.read(
    ///     "module Ping;
    ///      export {
    ///          type Info: record { seq: count; note: string &optional; };
    ///          global ping: event(info: Info, sent: time);
    ///      }
    ///      global pings: table[addr] of count &create_expire=5min;",
    /// )?;
    /// assert!(declarations.event("Ping::ping").is_some());
    /// # Ok::<(), brocomm::notation::ParseError>(())
    /// ```
    ///
    /// Names can be used as soon as they are declared, in this text or before. A record type can
    /// also be used within itself. In a module, names belong to the module, except that
    /// `event name(…);` declares a global event unless the module has an event with that name, as
    /// in Bro. `name(count, string)`, with types only, also declares an event. Its parameters are
    /// named `arg0`, `arg1`, ….
    ///
    /// An initial value may refer to earlier variables and constants. `redef` assigns another value
    /// to those that are `&redef` (`=`), adds to their value (`+=`), removes from it (`-=`), and
    /// adds attributes; enums and records cannot be redefined. A type alias is the same type.
    ///
    /// # Errors
    ///
    /// Fails if the text is invalid, with the position. In that case, nothing is added.
    pub fn read(&mut self, text: &str) -> Result<(), ParseError> {
        let mut parser = Parser::new(text, Cow::Owned(self.clone()))?;
        parser.statements(None)?;
        *self = parser.scope.declarations.into_owned();
        Ok(())
    }
}

impl EventDecl {
    /// Reads an event's declaration: `event name(a: count);`, `global name: event(a: count);` or
    /// `name(count)`. The semicolon is optional. See [`Declarations::read`].
    ///
    /// # Errors
    ///
    /// Fails if the text is invalid, with the position.
    pub fn parse(text: &str, declarations: &Declarations) -> Result<EventDecl, ParseError> {
        let mut parser = Parser::new(text, Cow::Borrowed(declarations))?;
        let event = if parser.eat_word("global")? {
            let name = parser.name("an event's name")?;
            parser.expect(':', "`:`")?;
            if !parser.eat_word("event")? {
                return Err(parser.expected("`event`"));
            }
            EventDecl { name: name.into(), params: parser.params()? }
        } else {
            parser.eat_word("event")?;
            let name = parser.name("an event's name")?;
            EventDecl { name: name.into(), params: parser.params()? }
        };
        parser.eat(';')?;
        parser.end()?;
        Ok(event)
    }
}

impl Type {
    /// Reads a type: `count`, `table[addr, port] of string`, `record { a: count; }`, or the name of
    /// a declared type.
    ///
    /// # Errors
    ///
    /// Fails if the text is invalid or continues after the type, with the position.
    pub fn parse(text: &str, declarations: &Declarations) -> Result<Type, ParseError> {
        let mut parser = Parser::new(text, Cow::Borrowed(declarations))?;
        let ty = parser.ty()?;
        parser.end()?;
        Ok(ty)
    }
}

impl Parser<'_, '_> {
    /// Reads all declarations to the end of the text. In a script, `@load` calls `load`.
    pub(super) fn statements(&mut self, mut load: Option<&mut Load<'_>>) -> Result<(), ParseError> {
        let mut in_export = false;
        loop {
            match *self.token() {
                Token::End if self.conditions > 0 => {
                    return Err(self.at().error(ParseErrorKind::UnterminatedIf));
                }
                Token::End if !in_export => return Ok(()),
                Token::Mark('}') if in_export => {
                    self.take()?;
                    in_export = false;
                }
                Token::Name("export") if !in_export => {
                    self.take()?;
                    self.expect('{', "`{`")?;
                    in_export = true;
                }
                Token::Directive(word) if self.is_script => {
                    self.directive(word, load.as_deref_mut())?;
                }
                // A lone semicolon is an empty statement.
                Token::Mark(';') if self.is_script => drop(self.take()?),
                _ => self.declaration()?,
            }
        }
    }

    /// Reads a declaration and adds it.
    fn declaration(&mut self) -> Result<(), ParseError> {
        const WHAT: &str = "a declaration";
        self.scope.begin();
        let word = match self.token() {
            Token::Name(word) => *word,
            _ => return Err(self.expected(WHAT)),
        };
        match word {
            "module" => {
                self.take()?;
                let name = self.name("a module's name")?;
                self.scope.module = if name == "GLOBAL" { String::new() } else { name.to_owned() };
            }
            "type" => {
                self.take()?;
                let at = self.at();
                let name = Name::from(self.declared_name("a type's name")?);
                self.expect(':', "`:`")?;
                let ty = self.named_type(&name)?;
                // A recursive reference is checked only with the complete record.
                ty.check_indices().map_err(|tag| at.error(ParseErrorKind::IndexType(tag)))?;
                self.attributes(&ty)?;
                self.scope.add_type(name, ty);
            }
            "global" | "const" | "option" => {
                self.take()?;
                self.variable(word)?;
            }
            "redef" => {
                self.take()?;
                if !self.extension()? {
                    self.redefinition()?;
                }
            }
            "function" | "hook" if self.is_script => {
                self.take()?;
                return self.function(word == "hook");
            }
            _ if self.is_script && STATEMENTS.contains(&word) => return Err(self.expected(WHAT)),
            _ if word == "event" || self.second()? == Token::Mark('(') => {
                self.eat_word("event")?;
                let name = self.name("an event's name")?;
                if self.event(name)? {
                    return Ok(());
                }
            }
            _ => return Err(self.expected(WHAT)),
        }
        self.expect(';', "`;`")
    }

    /// Reads what follows `global`, `const` or `option`.
    fn variable(&mut self, word: &str) -> Result<(), ParseError> {
        let is_const = word != "global";
        let name = Name::from(self.declared_name("a variable's name")?);
        let mut ty = if self.eat(':')? { Some(self.ty()?) } else { None };
        let mut init = None;
        if self.eat('=')? {
            let declared = ty.clone().map(|ty| self.settled(ty));
            let value = self.if_constant(|parser| {
                let literal = parser.literal()?;
                let ty = match declared {
                    Some(ty) => ty,
                    None => parser.scope.infer(&literal)?,
                };
                Ok((parser.scope.build(&literal, &ty)?, ty))
            })?;
            match value {
                Some((value, of)) => {
                    ty = Some(of);
                    init = Some(value);
                }
                // Its type is unknown, so it cannot be declared.
                None if ty.is_none() => {
                    self.scope.declarations.to_mut().globals.add_untyped(name);
                    return self.attributes(&Type::ANY).map(drop);
                }
                None => {}
            }
        }
        let Some(ty) = ty else { return Err(self.expected("`:` or `=`")) };
        let mut attributes = self.attributes(&ty)?;
        if word == "option" {
            let mut list = attributes.map(|attributes| attributes.list.clone()).unwrap_or_default();
            list.push(Attribute { tag: AttributeTag::Redef, expr: None });
            attributes = Some(Arc::new(Attributes { ty: ty.clone(), list }));
        }
        // A function's body may follow its type.
        self.body()?;
        let declarations = self.scope.declarations.to_mut();
        match event_params(&ty) {
            Some(params) => declarations.add_event(EventDecl { name, params }),
            None => declarations.globals.insert(Global { name, ty, is_const, attributes, init }),
        }
        Ok(())
    }

    fn declared_name(&mut self, expected: &'static str) -> Result<String, ParseError> {
        let name = self.name(expected)?;
        Ok(self.scope.full_name(name).into_owned())
    }
}

/// Returns the parameters, if this is an event's type.
fn event_params(ty: &Type) -> Option<Vec<Field>> {
    match &ty.def()?.kind {
        TypeKind::Func(func) if func.flavor == 1 => func.args.fields().map(<[Field]>::to_vec),
        _ => None,
    }
}
