//! The helper attribute `#[bro(…)]`.

use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, DeriveInput, Error, Expr, Ident, LitStr, Result, Token};

use crate::case::Case;

/// What a type is derived as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeKind {
    Record,
    Event,
    Enum,
}

/// The attributes of a type.
#[derive(Default)]
pub(crate) struct TypeAttributes {
    pub(crate) name: Option<String>,
    pub(crate) rename_all: Option<Case>,
    /// All fields of the record are columns.
    pub(crate) log: bool,
    /// The names of a tuple struct's fields.
    pub(crate) fields: Vec<Ident>,
}

/// The attributes of a field or variant.
#[derive(Default)]
pub(crate) struct PartAttributes {
    pub(crate) name: Option<String>,
    pub(crate) log: bool,
    pub(crate) default: Option<Option<Expr>>,
}

impl TypeAttributes {
    /// Parses the attributes of a type.
    pub(crate) fn read(input: &DeriveInput, kind: TypeKind) -> Result<TypeAttributes> {
        if !input.generics.params.is_empty() {
            // All instances would share the one static that holds the Bro type.
            return Err(Error::new_spanned(&input.generics, "a Bro type can't be generic"));
        }
        let supported: &[&str] = match kind {
            TypeKind::Record => &["name", "log", "fields"],
            TypeKind::Event => &["name"],
            TypeKind::Enum => &["name", "rename_all"],
        };
        let mut read = TypeAttributes::default();
        each(&input.attrs, supported, |attribute, meta| {
            match attribute {
                "name" => read.name = Some(text(meta)?.value()),
                "log" => read.log = true,
                "fields" => {
                    let list;
                    syn::parenthesized!(list in meta.input);
                    let names = list.parse_terminated(Ident::parse_any, Token![,])?;
                    read.fields = names.into_iter().collect();
                }
                _ => {
                    let case = text(meta)?;
                    let known = Case::parse(&case.value());
                    let expected = "expected \"snake_case\" or \"SCREAMING_SNAKE_CASE\"";
                    read.rename_all =
                        Some(known.ok_or_else(|| Error::new_spanned(case, expected))?);
                }
            }
            Ok(())
        })?;
        Ok(read)
    }
}

impl PartAttributes {
    /// Parses the attributes of a field or variant. `is_field` says whether it is a record field.
    pub(crate) fn read(attributes: &[Attribute], is_field: bool) -> Result<PartAttributes> {
        let supported: &[&str] = if is_field { &["name", "log", "default"] } else { &["name"] };
        let mut read = PartAttributes::default();
        each(attributes, supported, |attribute, meta| {
            match attribute {
                "name" => read.name = Some(text(meta)?.value()),
                "log" => read.log = true,
                _ => {
                    let given = meta.input.peek(Token![=]);
                    read.default = Some(if given { Some(meta.value()?.parse()?) } else { None });
                }
            }
            Ok(())
        })?;
        Ok(read)
    }
}

/// Reads each supported attribute.
fn each(
    attributes: &[Attribute],
    supported: &[&str],
    mut read: impl FnMut(&str, &ParseNestedMeta<'_>) -> Result<()>,
) -> Result<()> {
    let own = attributes.iter().filter(|attribute| attribute.path().is_ident("bro"));
    own.into_iter().try_for_each(|attribute| {
        attribute.parse_nested_meta(|meta| {
            match supported.iter().find(|name| meta.path.is_ident(name)) {
                Some(name) => read(name, &meta),
                None => Err(meta
                    .error(format!("unknown attribute, supported here: {}", supported.join(", ")))),
            }
        })
    })
}

fn text(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    meta.value()?.parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_attribute_is_an_error_that_lists_the_supported_ones() {
        let of_type = |source: &str, kind| {
            let input: DeriveInput = syn::parse_str(source).unwrap();
            TypeAttributes::read(&input, kind).err().unwrap().to_string()
        };
        for (source, kind, supported) in [
            ("#[bro(logs)] struct S;", TypeKind::Record, "name, log, fields"),
            ("#[bro(name = \"s\", log)] struct S;", TypeKind::Event, "name"),
            ("#[bro(log)] enum E { A }", TypeKind::Enum, "name, rename_all"),
        ] {
            let expected = format!("unknown attribute, supported here: {supported}");
            assert_eq!(of_type(source, kind), expected);
        }
        let of_part = |is_field| {
            let input: DeriveInput = syn::parse_str("#[bro(skip)] struct S;").unwrap();
            PartAttributes::read(&input.attrs, is_field).err().unwrap().to_string()
        };
        assert_eq!(of_part(true), "unknown attribute, supported here: name, log, default");
        assert_eq!(of_part(false), "unknown attribute, supported here: name");
    }
}
