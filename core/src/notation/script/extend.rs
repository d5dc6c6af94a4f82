//! `redef enum` and `redef record`.

use std::collections::BTreeSet;

use crate::data::{AttributeTag, EnumType, Name, RecordType, Type, TypeDef, TypeKind};
use crate::notation::lexer::Token;
use crate::notation::parser::Parser;
use crate::notation::{ParseError, ParseErrorKind};

impl Parser<'_, '_> {
    /// Reads the rest of a `redef` that extends a type. Returns whether it does.
    pub(in crate::notation) fn extension(&mut self) -> Result<bool, ParseError> {
        let is_record = match self.token() {
            Token::Name("record") => true,
            Token::Name("enum") => false,
            _ => return Ok(false),
        };
        if !self.is_script {
            return Ok(false);
        }
        self.take()?;
        let at = self.at();
        let name = self.name("a type's name")?;
        let depth = self.depth();
        let old = match self.scope.ty(name, depth) {
            Ok(old) => old,
            Err(ParseErrorKind::UnknownType(_)) if self.is_partial => {
                self.pass_over()?;
                return Ok(true);
            }
            Err(kind) => return Err(at.error(kind)),
        };
        self.expect('+', "`+=`")?;
        self.expect('=', "`+=`")?;
        let wrong = || {
            at.error(ParseErrorKind::Redefinition {
                operator: "+=",
                ty: ParseErrorKind::quote(name),
            })
        };
        let def = old.def().ok_or_else(wrong)?;
        let kind = match &def.kind {
            TypeKind::Record(record) if is_record => TypeKind::Record(self.more_fields(record)?),
            TypeKind::Enum(names) if !is_record => TypeKind::Enum(self.more_names(names)?),
            _ => return Err(wrong()),
        };
        let ty = Type::Def(TypeDef { kind, ..(*def).clone() }.into());
        self.attributes(&ty)?;
        self.scope.add_type(def.name.clone(), ty);
        Ok(true)
    }

    fn more_fields(&mut self, old: &RecordType) -> Result<RecordType, ParseError> {
        let at = self.at();
        let more = self.record_fields()?.fields.unwrap_or_default();
        let mut fields = old.fields.clone().unwrap_or_default();
        let mut names: BTreeSet<Name> = fields.iter().map(|field| field.name.clone()).collect();
        for field in more {
            let quoted = || ParseErrorKind::quote(&field.name.to_string());
            if !names.insert(field.name.clone()) {
                return Err(at.error(ParseErrorKind::Duplicate(quoted())));
            }
            let attributes = field.attributes.as_deref();
            let may_lack = attributes.is_some_and(|all| all.has(AttributeTag::Optional));
            if !may_lack {
                return Err(at.error(ParseErrorKind::MandatoryField(quoted())));
            }
            fields.push(field);
        }
        let num_fields = u32::try_from(fields.len()).unwrap_or(u32::MAX);
        Ok(RecordType { num_fields, fields: Some(fields) })
    }

    fn more_names(&mut self, old: &EnumType) -> Result<EnumType, ParseError> {
        let at = self.at();
        let more = self.constants(old.counter)?;
        let mut names = old.names.clone();
        let mut known: BTreeSet<Name> = names.iter().map(|(name, _)| name.clone()).collect();
        for (name, number) in more.names {
            if !known.insert(name.clone()) {
                let name = ParseErrorKind::quote(&name.to_string());
                return Err(at.error(ParseErrorKind::Duplicate(name)));
            }
            names.push((name, number));
        }
        Ok(EnumType { counter: more.counter, names })
    }
}
