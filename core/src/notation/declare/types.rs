//! The grammar of types.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};

use crate::data::{
    Enclosing, EnumType, Field, FuncType, Name, RecordType, SetType, TableType, Type, TypeDef,
    TypeKind, TypeTag,
};
use crate::notation::lexer::Token;
use crate::notation::parser::Parser;
use crate::notation::{ParseError, ParseErrorKind};

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
    pub(super) fn named_type(&mut self, name: &Name) -> Result<Type, ParseError> {
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
                let depth = self.depth();
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
            if !names.insert(param.name.clone()) {
                return Err(at.error(ParseErrorKind::Duplicate(quote(&param.name))));
            }
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
            if !names.insert(field.name.clone()) {
                return Err(at.error(ParseErrorKind::Duplicate(quote(&field.name))));
            }
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

fn quote(name: &Name) -> String {
    ParseErrorKind::quote(&name.to_string())
}
