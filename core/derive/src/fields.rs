//! The fields of a struct.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Error, Fields, Ident, Index, Member, Result, Type};

use crate::attributes::PartAttributes;

/// A field of a record, or a parameter of an event.
pub(crate) struct Field {
    pub(crate) member: Member,
    pub(crate) ty: Type,
    pub(crate) name: String,
    pub(crate) attributes: PartAttributes,
}

/// Returns the fields of a struct. Those of a tuple struct that is a record have these names.
pub(crate) fn fields(input: &DeriveInput, names: Option<&[Ident]>) -> Result<Vec<Field>> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "expected a struct"));
    };
    let unnamed = match &data.fields {
        Fields::Named(_) => Some(0),
        Fields::Unnamed(fields) => Some(fields.unnamed.len()),
        Fields::Unit => None,
    };
    if names.is_some_and(|names| unnamed != Some(names.len())) {
        let expected = "a record's fields have names; those of a tuple struct are given with \
                        `#[bro(fields(host, ports))]`, one for each field";
        return Err(Error::new_spanned(&input.ident, expected));
    }
    let read = |(at, field): (usize, &syn::Field)| {
        let attributes = PartAttributes::read(&field.attrs, names.is_some())?;
        if mentions(field.ty.to_token_stream(), &input.ident) {
            // The type would have to exist before its creation.
            return Err(Error::new_spanned(&field.ty, "a Bro type can't contain itself"));
        }
        let rust_name = field.ident.as_ref().or_else(|| names?.get(at));
        let rust_name = rust_name.map(|ident| ident.unraw().to_string());
        let name = attributes.name.clone().or(rust_name).unwrap_or_else(|| format!("arg{at}"));
        let member = match &field.ident {
            Some(ident) => Member::Named(ident.clone()),
            None => Member::Unnamed(Index::from(at)),
        };
        Ok(Field { member, ty: field.ty.clone(), name, attributes })
    };
    data.fields.iter().enumerate().map(read).collect()
}

impl Field {
    /// Returns the expression that declares the field.
    pub(crate) fn declaration(&self) -> TokenStream {
        let (ty, name) = (&self.ty, &self.name);
        let mut field = quote!(<#ty as ::brocomm::data::derived::FieldType>::declare(#name));
        if let Some(default) = self.default() {
            field = quote! {
                <#ty as ::brocomm::data::derived::FieldType>::add_default(#field, &#default)
            };
        }
        if self.attributes.log {
            field = quote!(::brocomm::data::derived::log(#field));
        }
        field
    }

    /// Returns the expression of the field's default, if it has one.
    pub(crate) fn default(&self) -> Option<TokenStream> {
        let ty = &self.ty;
        Some(match self.attributes.default.as_ref()? {
            Some(given) => given.to_token_stream(),
            None => quote!(<#ty as ::core::default::Default>::default()),
        })
    }
}

fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name || ident == "Self",
        TokenTree::Group(group) => mentions(group.stream(), name),
        _ => false,
    })
}

/// Returns the implementations of `From` and `TryFrom` for a type with `ToValue` and `FromValue`.
pub(crate) fn conversions(rust: &Ident) -> TokenStream {
    quote! {
        impl ::core::convert::From<#rust> for ::brocomm::data::Value {
            #[inline]
            fn from(value: #rust) -> Self {
                ::brocomm::data::ToValue::to_value(&value)
            }
        }

        impl ::core::convert::From<&#rust> for ::brocomm::data::Value {
            #[inline]
            fn from(value: &#rust) -> Self {
                ::brocomm::data::ToValue::to_value(value)
            }
        }

        impl ::core::convert::TryFrom<::brocomm::data::Value> for #rust {
            type Error = ::brocomm::data::ConversionError;

            #[inline]
            fn try_from(
                value: ::brocomm::data::Value,
            ) -> ::core::result::Result<Self, ::brocomm::data::ConversionError> {
                ::brocomm::data::FromValue::from_value(&value)
            }
        }

        impl ::core::convert::TryFrom<&::brocomm::data::Value> for #rust {
            type Error = ::brocomm::data::ConversionError;

            #[inline]
            fn try_from(
                value: &::brocomm::data::Value,
            ) -> ::core::result::Result<Self, ::brocomm::data::ConversionError> {
                ::brocomm::data::FromValue::from_value(value)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_of_a_record_has_one_name() {
        let found = |source: &str, names: &[&str]| {
            let names: Vec<Ident> = names.iter().map(|n| syn::parse_str(n).unwrap()).collect();
            let fields = fields(&syn::parse_str(source).unwrap(), Some(&names)).ok()?;
            Some(fields.into_iter().map(|field| field.name).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(found("struct S(u8, u8);", &["a", "b"]).as_deref(), Some("a b"));
        assert_eq!(found("struct S { a: u8 }", &[]).as_deref(), Some("a"));
        for (source, names) in
            [("struct S(u8, u8);", &["a"][..]), ("struct S { a: u8 }", &["a"]), ("struct S;", &[])]
        {
            assert_eq!(found(source, names), None, "{source}");
        }
    }
}
