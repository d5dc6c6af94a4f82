//! Builds values from literals and their types.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;

use super::syntax::{Constructor, Element, FieldLiteral, Literal, LiteralKind};
use crate::data::{
    AttributeTag, Entry, EnumType, EnumValue, File, Name, Record, Short, Table, Type, TypeDef,
    TypeKind, TypeTag, Value, Vector, default_of,
};
use crate::notation::parser::Scope;
use crate::notation::{ParseError, ParseErrorKind};

impl Scope<'_> {
    /// Builds a value with the literal's inferred type.
    pub(in crate::notation) fn build_untyped(
        &mut self,
        literal: &Literal<'_>,
    ) -> Result<Value, ParseError> {
        let ty = self.infer(literal)?;
        self.build(literal, &ty)
    }

    /// Creates a value of this type.
    pub(in crate::notation) fn build(
        &mut self,
        literal: &Literal<'_>,
        ty: &Type,
    ) -> Result<Value, ParseError> {
        if let LiteralKind::Name(name) = literal.kind
            && self.is_variable(name)
            && self.constant(name).is_none()
        {
            let Some(value) = self.value(name).cloned() else {
                let name = ParseErrorKind::quote(name);
                return Err(literal.at.error(ParseErrorKind::NotConstant(name)));
            };
            self.note_value(&value).map_err(|kind| literal.at.error(kind))?;
            let coerced = value.coerce(ty);
            return coerced.map_err(|error| literal.at.error(ParseErrorKind::Value(error)));
        }
        if ty.tag() == Some(TypeTag::Any) {
            return self.build_untyped(literal);
        }
        if let Some(only) = literal.only() {
            // Bro treats `= { 5 }` as `= 5`.
            if !matches!(ty.tag(), Some(TypeTag::Table | TypeTag::Record | TypeTag::Vector) | None)
            {
                return self.build(only, ty);
            }
        }
        let named = match ty {
            Type::Named(name) => {
                let name = name.to_string();
                Some(self.ty(&name, 1).map_err(|kind| literal.at.error(kind))?)
            }
            _ => None,
        };
        let ty = named.as_ref().unwrap_or(ty);
        self.check_constructor(literal, ty)?;
        match (ty.def(), ty.tag()) {
            (Some(def), _) => self.build_def(literal, &Type::Def(Arc::clone(&def)), &def),
            (None, Some(tag)) => atomic(literal, tag),
            (None, None) => Err(cannot_write(literal, ty)),
        }
    }

    /// Checks that a type named in the literal is the expected type.
    fn check_constructor(&mut self, literal: &Literal<'_>, ty: &Type) -> Result<(), ParseError> {
        let (LiteralKind::Record(Some(name), _) | LiteralKind::Table(Constructor::Type(name), _)) =
            literal.kind
        else {
            return Ok(());
        };
        let own = self.ty(name, 1).map_err(|kind| literal.at.error(kind))?;
        // A container type stays the same under another name.
        let is_alias = || {
            let (own, ty) = own.def().zip(ty.def())?;
            let is_container =
                matches!(ty.kind, TypeKind::Set(_) | TypeKind::Table(_) | TypeKind::Vector(_));
            Some(is_container && own.kind == ty.kind)
        };
        match own == *ty || is_alias() == Some(true) {
            true => Ok(()),
            false => Err(literal.mismatch(Short(ty))),
        }
    }

    fn build_def(
        &mut self,
        literal: &Literal<'_>,
        ty: &Type,
        def: &TypeDef,
    ) -> Result<Value, ParseError> {
        match (&def.kind, &literal.kind) {
            (TypeKind::Atomic(tag), _) => atomic(literal, *tag),
            (TypeKind::Enum(names), LiteralKind::Name(name)) => {
                enumeration(literal, ty, names, name)
            }
            // Bro opens only files of strings.
            (TypeKind::File(element), LiteralKind::File(name)) if *element == Type::STRING => {
                Ok(Value::File(ty.clone(), Arc::new(file(name))))
            }
            (TypeKind::Vector(element), LiteralKind::Vector(items)) => {
                self.vector(items, ty.clone(), element)
            }
            (
                TypeKind::Vector(element),
                LiteralKind::Table(
                    Constructor::Type(_) | Constructor::Braces | Constructor::Brackets,
                    items,
                ),
            ) => self.elements(literal, ty, element, items),
            // Empty brackets are an empty vector.
            (TypeKind::Vector(_), LiteralKind::Record(None, none)) if none.is_empty() => {
                Ok(Vector::new(ty.clone(), Vec::new()).into())
            }
            (TypeKind::Set(set), LiteralKind::Table(constructor, elements))
                if *constructor != Constructor::Table =>
            {
                self.table(literal, ty, (&set.index, None), elements)
            }
            (TypeKind::Table(table), LiteralKind::Table(constructor, elements))
                if *constructor != Constructor::Set || table.yields.is_none() =>
            {
                self.table(literal, ty, (&table.index, table.yields.as_ref()), elements)
            }
            (TypeKind::Record(_), LiteralKind::Record(_, given)) => self.record(literal, ty, given),
            // A record type's name with empty parentheses.
            (TypeKind::Record(_), LiteralKind::Table(Constructor::Type(_), none))
                if none.is_empty() =>
            {
                self.record(literal, ty, &[])
            }
            (
                TypeKind::List(_) | TypeKind::Func(_) | TypeKind::File(_) | TypeKind::Opaque(_),
                _,
            ) => Err(cannot_write(literal, ty)),
            _ => Err(literal.mismatch(Short(ty))),
        }
    }

    fn vector(
        &mut self,
        items: &[Literal<'_>],
        ty: Type,
        element: &Type,
    ) -> Result<Value, ParseError> {
        let items = items.iter().map(|item| self.build(item, element).map(Some));
        Ok(Vector::new(ty, items.collect::<Result<_, _>>()?).into())
    }

    /// Builds a vector from elements; bracketed elements are vectors too.
    fn elements(
        &mut self,
        literal: &Literal<'_>,
        ty: &Type,
        element: &Type,
        items: &[Element<'_>],
    ) -> Result<Value, ParseError> {
        let items = items.iter().map(|item| match (item.index.as_slice(), &item.value) {
            ([only], None) if !item.bracketed => self.build(only, element).map(Some),
            (several, None) => match element.def().as_deref().map(|def| &def.kind) {
                Some(TypeKind::Vector(inner)) => {
                    self.vector(several, element.clone(), inner).map(Some)
                }
                _ if element.tag() == Some(TypeTag::Any) => {
                    let inner = self.common(several.iter())?.unwrap_or(Type::ANY);
                    self.vector(several, Type::vector(inner.clone()), &inner).map(Some)
                }
                _ => Err(item.at.error(ParseErrorKind::Mismatch {
                    expected: Short(element).to_string(),
                    found: "a list of elements".to_owned(),
                })),
            },
            _ => Err(literal.mismatch(Short(ty))),
        });
        Ok(Vector::new(ty.clone(), items.collect::<Result<_, _>>()?).into())
    }

    fn table(
        &mut self,
        literal: &Literal<'_>,
        ty: &Type,
        (index, yields): (&Type, Option<&Type>),
        elements: &[Element<'_>],
    ) -> Result<Value, ParseError> {
        let def = index.def();
        let Some(TypeKind::List(index)) = def.as_deref().map(|def| &def.kind) else {
            return Err(cannot_write(literal, ty));
        };
        let check = index.types.iter().try_for_each(Type::check_index);
        check.map_err(|tag| literal.at.error(ParseErrorKind::IndexType(tag)))?;
        let expected = index.types.len();
        let mut table = Table::new(ty.clone());
        for element in elements {
            if let Some(entries) = self.spliced(element, ty) {
                table.entries.extend(entries);
                continue;
            }
            let found = element.index.len();
            if found != expected {
                return Err(element.at.error(ParseErrorKind::IndexLength { expected, found }));
            }
            let keys = self.keys(element, &index.types)?;
            let value = match (&element.value, yields) {
                (Some(value), Some(yields)) => Some(self.build(value, yields)?),
                (None, None) => None,
                _ => return Err(literal.mismatch(Short(ty))),
            };
            keys.into_iter().for_each(|key| table.push(key, value.clone()));
        }
        if self.is_declaring {
            // In a script, elements are assigned in order.
            table.keep_last_of_equals();
        } else if table.has_duplicates() {
            return Err(literal.at.error(ParseErrorKind::DuplicateIndex));
        }
        Ok(table.into())
    }

    /// Returns the indices of an element. A bracketed list of values in it stands for one index
    /// each, as in `[[80/tcp, 443/tcp], 5]`.
    fn keys(
        &mut self,
        element: &Element<'_>,
        types: &[Type],
    ) -> Result<Vec<Vec<Value>>, ParseError> {
        const MOST: usize = 1 << 16;
        let mut keys = vec![Vec::new()];
        for (literal, ty) in element.index.iter().zip(types) {
            let is_list = |items: &[Element<'_>]| {
                items.iter().all(|item| item.value.is_none() && item.index.len() == 1)
            };
            let is_scalar = !matches!(ty.tag(), Some(TypeTag::Vector | TypeTag::Record));
            let values = match &literal.kind {
                LiteralKind::Table(Constructor::Brackets, items) if is_scalar && is_list(items) => {
                    let items = items.iter().flat_map(|item| &item.index);
                    items.map(|item| self.build(item, ty)).collect::<Result<Vec<_>, _>>()?
                }
                _ => vec![self.build(literal, ty)?],
            };
            if keys.len().saturating_mul(values.len()) > MOST {
                return Err(literal.mismatch(Short(ty)));
            }
            let with = |key: &Vec<Value>| {
                let key = key.clone();
                values.iter().map(move |value| [&key[..], std::slice::from_ref(value)].concat())
            };
            keys = keys.iter().flat_map(with).collect();
        }
        Ok(keys)
    }

    /// Returns the elements of a constant that is a set of the same kind. In a set's braces it
    /// stands for its elements, as in Bro.
    fn spliced(&self, element: &Element<'_>, ty: &Type) -> Option<Vec<Entry>> {
        let [Literal { kind: LiteralKind::Name(name), .. }] = &element.index[..] else {
            return None;
        };
        let Some(Value::Table(named)) = self.value(name) else { return None };
        let is_same = element.value.is_none() && named.ty.def()?.kind == ty.def()?.kind;
        is_same.then(|| named.entries.clone())
    }

    fn record(
        &mut self,
        literal: &Literal<'_>,
        ty: &Type,
        given: &[FieldLiteral<'_>],
    ) -> Result<Value, ParseError> {
        let fields = ty.fields().ok_or_else(|| cannot_write(literal, ty))?;
        let mut values: Vec<Option<Value>> = vec![None; fields.len()];
        for one in given {
            let name = || ParseErrorKind::quote(one.name);
            let position = fields.iter().position(|field| field.name == one.name);
            let place = position.and_then(|i| Some((fields.get(i)?, values.get_mut(i)?)));
            let Some((field, value)) = place else {
                let ty = Short(ty).to_string();
                return Err(one.at.error(ParseErrorKind::UnknownField { name: name(), ty }));
            };
            if value.is_some() {
                return Err(one.at.error(ParseErrorKind::Duplicate(name())));
            }
            *value = Some(self.build(&one.value, &field.ty)?);
        }
        for (field, value) in fields.iter().zip(&mut values) {
            *value = value.take().or_else(|| default_of(field).cloned());
            if value.is_none() && !field.has(AttributeTag::Optional) {
                let (name, ty) = (field.name.to_string(), Short(ty).to_string());
                return Err(literal.at.error(ParseErrorKind::MissingField { name, ty }));
            }
        }
        Ok(Record::new(ty.clone(), values).into())
    }
}

/// Creates a file as Bro's `open` does (2§8): its type is that of its content.
fn file(name: &[u8]) -> File {
    File {
        name: Bytes::copy_from_slice(name).into(),
        buffered: true,
        access: Some(Name::from_static("w")),
        ty: Type::STRING,
        attributes: None,
    }
}

fn cannot_write(literal: &Literal<'_>, ty: &Type) -> ParseError {
    literal.at.error(ParseErrorKind::NoLiteral(Short(ty).to_string()))
}

/// Creates a value of a type without parts.
fn atomic(literal: &Literal<'_>, tag: TypeTag) -> Result<Value, ParseError> {
    use TypeTag as T;
    let out_of_range = |v: &u64| literal.at.error(ParseErrorKind::Number(v.to_string()));
    let value = match (tag, &literal.kind) {
        (T::Addr, LiteralKind::Value(Value::Addr(v))) => Some(Value::Addr(v.to_canonical())),
        (T::Addr, LiteralKind::Name(name)) => name.parse::<IpAddr>().ok().map(Value::Addr),
        (_, LiteralKind::Value(value)) if value.tag() == tag => Some(value.clone()),
        (T::Int, LiteralKind::Value(Value::Count(v))) => {
            Some(Value::Int(i64::try_from(*v).map_err(|_| out_of_range(v))?))
        }
        (T::Count, kind) => count(kind).map(Value::Count),
        (T::Counter, kind) => count(kind).map(Value::Counter),
        (T::Double, kind) => kind.as_number().map(Value::Double),
        (T::Time, kind) => kind.as_number().map(Value::Time),
        (T::Bool | T::Int | T::Interval | T::String | T::Pattern, _) => None,
        (T::Port | T::Addr | T::Subnet, _) => None,
        _ => return Err(literal.at.error(ParseErrorKind::NoLiteral(tag.to_string()))),
    };
    value.ok_or_else(|| literal.mismatch(tag))
}

/// Returns a non-negative number.
fn count(kind: &LiteralKind<'_>) -> Option<u64> {
    match kind {
        LiteralKind::Value(Value::Count(v)) => Some(*v),
        LiteralKind::Value(Value::Int(v)) => u64::try_from(*v).ok(),
        _ => None,
    }
}

fn enumeration(
    literal: &Literal<'_>,
    ty: &Type,
    names: &EnumType,
    name: &str,
) -> Result<Value, ParseError> {
    let full = |module: &str| format!("{module}::{name}");
    let module = ty.name().as_str().and_then(|n| n.rsplit_once("::"));
    let number = names
        .number_of(name)
        .or_else(|| names.number_of(name.strip_prefix("GLOBAL::")?))
        .or_else(|| names.number_of(full(module?.0)));
    match number {
        Some(number) => Ok(EnumValue { ty: ty.clone(), number }.into()),
        None => {
            let (name, ty) = (ParseErrorKind::quote(name), Short(ty).to_string());
            Err(literal.at.error(ParseErrorKind::NotInEnum { name, ty }))
        }
    }
}
