//! Parsing of declarations in the notation of Bro's scripts.
//!
//! Supports declarations of types, events, global variables and constants, modules, `export`
//! blocks, and `redef` of variables and constants; not event handlers and function bodies.

mod attributes;
mod conflict;
#[cfg(test)]
mod global_tests;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Weak};

use super::lexer::Token;
use super::parser::Parser;
use super::{Load, ParseError, ParseErrorKind};
use crate::data::{
    Attribute, AttributeTag, Attributes, Declarations, Enclosing, EnumType, EventDecl, Field,
    FuncType, Global, Name, RecordType, SetType, TableType, Type, TypeDef, TypeKind, TypeTag,
};

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
                ty.check_indices(&mut Default::default())
                    .map_err(|tag| at.error(ParseErrorKind::IndexType(tag)))?;
                self.scope.check_type(&name, &ty).map_err(|kind| at.error(kind))?;
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
                let at = self.at();
                let name = self.name("an event's name")?;
                if self.event(name, at)? {
                    return Ok(());
                }
            }
            _ => return Err(self.expected(WHAT)),
        }
        self.expect(';', "`;`")
    }

    /// Reads what follows `global`, `const` or `option`.
    fn variable(&mut self, word: &str) -> Result<(), ParseError> {
        let (is_const, at) = (word != "global", self.at());
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
        let event = event_params(&ty).map(|params| EventDecl { name: name.clone(), params });
        match &event {
            Some(event) => self.scope.check_event(event),
            None => self.scope.check_type(&name, &ty),
        }
        .map_err(|kind| at.error(kind))?;
        let mut attributes = self.attributes(&ty)?;
        if word == "option" {
            let mut list = attributes.map(|attributes| attributes.list.clone()).unwrap_or_default();
            list.push(Attribute { tag: AttributeTag::Redef, expr: None });
            attributes = Some(Arc::new(Attributes { ty: ty.clone(), list }));
        }
        // A function's body may follow its type.
        self.body()?;
        let declarations = self.scope.declarations.to_mut();
        match event {
            Some(event) => declarations.add_event(event),
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

/// The types that are a single keyword.
const WORDS: [TypeTag; 14] = [
    TypeTag::Bool,
    TypeTag::Int,
    TypeTag::Count,
    TypeTag::Counter,
    TypeTag::Double,
    TypeTag::Time,
    TypeTag::Interval,
    TypeTag::String,
    TypeTag::Pattern,
    TypeTag::Timer,
    TypeTag::Port,
    TypeTag::Addr,
    TypeTag::Subnet,
    TypeTag::Any,
];

impl Parser<'_, '_> {
    /// Reads a type.
    pub(super) fn ty(&mut self) -> Result<Type, ParseError> {
        self.named_type(&Name::new())
    }

    /// Parses the type in a declaration of this name. An empty name is an anonymous type.
    fn named_type(&mut self, name: &Name) -> Result<Type, ParseError> {
        self.nested(|parser| parser.type_inside(name))
    }

    fn type_inside(&mut self, name: &Name) -> Result<Type, ParseError> {
        let at = self.at();
        let word = self.name("a type")?;
        if let Some(tag) = WORDS.into_iter().find(|tag| tag.name() == word) {
            return Ok(Type::Base(tag));
        }
        let kind = match word {
            "table" => {
                let index = self.index()?;
                self.of()?;
                TypeKind::Table(TableType { index, yields: Some(self.ty()?) })
            }
            "set" => TypeKind::Set(SetType { yields: None, index: self.index()?, elements: None }),
            "vector" => {
                self.of()?;
                TypeKind::Vector(self.ty()?)
            }
            "file" => match self.token() {
                Token::Name("of") => {
                    self.of()?;
                    TypeKind::File(self.ty()?)
                }
                _ => TypeKind::File(Type::STRING),
            },
            "opaque" => {
                self.of()?;
                TypeKind::Opaque(self.name("an opaque type's name")?.into())
            }
            "enum" => TypeKind::Enum(self.constants(0)?),
            "record" if name.is_empty() => TypeKind::Record(self.record_fields()?),
            "record" => return self.named_record(name),
            "function" => return self.function_type(false),
            "event" => func(self.params()?, None, 1),
            "hook" => return self.function_type(true),
            other => {
                let depth = self.depth;
                return self.scope.ty(other, depth).map_err(|kind| at.error(kind));
            }
        };
        Ok(Type::new(name.clone(), kind))
    }

    /// Reads what follows `function` or `hook` in a type.
    pub(in crate::notation) fn function_type(&mut self, is_hook: bool) -> Result<Type, ParseError> {
        let params = self.params()?;
        let kind = if is_hook {
            func(params, Some(Type::BOOL), 2)
        } else {
            let yields = if self.eat(':')? { self.ty()? } else { Type::Base(TypeTag::Void) };
            func(params, Some(yields), 0)
        };
        Ok(Type::new("", kind))
    }

    fn of(&mut self) -> Result<(), ParseError> {
        if self.eat_word("of")? { Ok(()) } else { Err(self.expected("`of`")) }
    }

    /// Reads a table's or set's index types.
    fn index(&mut self) -> Result<Type, ParseError> {
        self.expect('[', "`[`")?;
        let mut types = vec![self.component()?];
        while self.eat(',')? {
            types.push(self.component()?);
        }
        self.expect(']', "`,` or `]`")?;
        Ok(Type::list(types))
    }

    fn component(&mut self) -> Result<Type, ParseError> {
        let at = self.at();
        let ty = self.ty()?;
        ty.check_index().map_err(|tag| at.error(ParseErrorKind::IndexType(tag)))?;
        Ok(ty)
    }

    /// Parses the parameters of an event or function, with parentheses.
    pub(in crate::notation) fn params(&mut self) -> Result<Vec<Field>, ParseError> {
        self.expect('(', "`(`")?;
        let mut params: Vec<Field> = Vec::new();
        let mut names = BTreeSet::new();
        while !self.eat(')')? {
            let at = self.at();
            let is_named =
                matches!(self.token(), Token::Name(_)) && self.second()? == Token::Mark(':');
            let param = if is_named {
                self.field()?
            } else {
                Field::new(format!("arg{}", params.len()), self.ty()?)
            };
            at.unique(&param.name, &mut names)?;
            params.push(param);
            // Bro accepts either separator, and a trailing one.
            if !self.is(')') && !self.eat(';')? {
                self.expect(',', "`,` or `)`")?;
            }
        }
        Ok(params)
    }

    /// Reads a field or parameter: name, type and attributes.
    fn field(&mut self) -> Result<Field, ParseError> {
        let name = Name::from(self.name("a field's name")?);
        self.expect(':', "`:`")?;
        let ty = self.ty()?;
        let attributes = self.attributes(&ty)?;
        Ok(Field { name, ty, attributes })
    }

    /// Parses a record's fields, with braces.
    pub(in crate::notation) fn record_fields(&mut self) -> Result<RecordType, ParseError> {
        self.expect('{', "`{`")?;
        let mut fields = Vec::new();
        let mut names = BTreeSet::new();
        while !self.eat('}')? {
            let at = self.at();
            let field = self.field()?;
            at.unique(&field.name, &mut names)?;
            fields.push(field);
            self.expect(';', "`;`")?;
        }
        let num_fields = u32::try_from(fields.len()).unwrap_or(u32::MAX);
        Ok(RecordType { num_fields, fields: Some(fields) })
    }

    /// Parses the fields of a record type, which may be recursive.
    fn named_record(&mut self, name: &Name) -> Result<Type, ParseError> {
        let mut failure = None;
        let def = Arc::new_cyclic(|def: &Weak<TypeDef>| {
            let up = Enclosing { def: def.clone(), name: name.clone(), tag: TypeTag::Record };
            self.scope.enclosing = Some(Type::Enclosing(Arc::new(up)));
            let record = self.record_fields().unwrap_or_else(|error| {
                failure = Some(error);
                RecordType { num_fields: 0, fields: None }
            });
            self.scope.enclosing = None;
            let (name, kind) = (name.clone(), TypeKind::Record(record));
            TypeDef { name, base: false, network_order: false, kind }
        });
        match failure {
            Some(error) => Err(error),
            None => Ok(Type::Def(def)),
        }
    }

    /// Parses an enum's constants, with braces.
    pub(in crate::notation) fn constants(&mut self, counter: i64) -> Result<EnumType, ParseError> {
        self.expect('{', "`{`")?;
        let mut ty = EnumType { counter, names: Vec::new() };
        let mut seen = BTreeSet::new();
        self.comma_list('}', "`,` or `}`", |parser| {
            let at = parser.at();
            let name = parser.name("a constant's name")?;
            let full = Name::from(&*parser.scope.full_name(name));
            if parser.eat('=')? {
                let Token::Count(number) = *parser.token() else {
                    return Err(parser.expected("a constant's number"));
                };
                let wrong = || parser.at().error(ParseErrorKind::Number(number.to_string()));
                ty.counter = i64::try_from(number).map_err(|_| wrong())?;
                parser.take()?;
            }
            if *parser.token() == Token::Attribute("deprecated") {
                parser.take()?;
            }
            if !seen.insert(full.clone()) {
                return Err(at.error(ParseErrorKind::Duplicate(ParseErrorKind::quote(name))));
            }
            ty.names.push((full, ty.counter));
            ty.counter = ty.counter.saturating_add(1);
            Ok(())
        })?;
        Ok(ty)
    }
}

fn func(params: Vec<Field>, yields: Option<Type>, flavor: i32) -> TypeKind {
    let arg_types = Type::list(params.iter().map(|param| param.ty.clone()).collect());
    TypeKind::Func(FuncType { yields, args: Type::record("", params), arg_types, flavor })
}
