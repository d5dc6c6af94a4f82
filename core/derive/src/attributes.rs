//! The helper attribute `#[bro(…)]`.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, DeriveInput, Error, Expr, LitStr, Result};

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
}

/// The attributes of a field or variant.
#[derive(Default)]
pub(crate) struct PartAttributes {
    pub(crate) name: Option<String>,
    pub(crate) log: bool,
    pub(crate) default: Option<Option<Expr>>,
}

impl TypeAttributes {
    /// Parses the attributes of a type. An enum may have `rename_all`, a record `log`.
    pub(crate) fn read(input: &DeriveInput, kind: TypeKind) -> Result<TypeAttributes> {
        if !input.generics.params.is_empty() {
            // All instances would share the one static that holds the Bro type.
            return Err(Error::new_spanned(&input.generics, "a Bro type can't be generic"));
        }
        let mut read = TypeAttributes::default();
        each(&input.attrs, |meta| {
            if meta.path.is_ident("name") {
                read.name = Some(text(&meta)?.value());
            } else if kind == TypeKind::Record && meta.path.is_ident("log") {
                read.log = true;
            } else if kind == TypeKind::Enum && meta.path.is_ident("rename_all") {
                let case = text(&meta)?;
                let known = Case::parse(&case.value());
                let expected = "expected \"snake_case\" or \"SCREAMING_SNAKE_CASE\"";
                read.rename_all = Some(known.ok_or_else(|| Error::new_spanned(case, expected))?);
            } else {
                return Err(meta.error("unknown attribute"));
            }
            Ok(())
        })?;
        Ok(read)
    }
}

impl PartAttributes {
    /// Parses the attributes of a field or variant. `is_field` says whether it is a record field.
    pub(crate) fn read(attributes: &[Attribute], is_field: bool) -> Result<PartAttributes> {
        let mut read = PartAttributes::default();
        each(attributes, |meta| {
            if meta.path.is_ident("name") {
                read.name = Some(text(&meta)?.value());
            } else if is_field && meta.path.is_ident("log") {
                read.log = true;
            } else if is_field && meta.path.is_ident("default") {
                let given = meta.input.peek(syn::Token![=]);
                read.default = Some(if given { Some(meta.value()?.parse()?) } else { None });
            } else {
                return Err(meta.error("unknown attribute"));
            }
            Ok(())
        })?;
        Ok(read)
    }
}

fn each(
    attributes: &[Attribute],
    mut read: impl FnMut(ParseNestedMeta<'_>) -> Result<()>,
) -> Result<()> {
    let own = attributes.iter().filter(|attribute| attribute.path().is_ident("bro"));
    own.into_iter().try_for_each(|attribute| attribute.parse_nested_meta(&mut read))
}

fn text(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    meta.value()?.parse()
}
