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

/// Returns the fields of a struct.
pub(crate) fn fields(input: &DeriveInput, is_record: bool) -> Result<Vec<Field>> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "expected a struct"));
    };
    if is_record && !matches!(data.fields, Fields::Named(_)) {
        return Err(Error::new_spanned(&input.ident, "a record's fields have names"));
    }
    let read = |(at, field): (usize, &syn::Field)| {
        let attributes = PartAttributes::read(&field.attrs, is_record)?;
        if mentions(field.ty.to_token_stream(), &input.ident) {
            // The type would have to exist before its creation.
            return Err(Error::new_spanned(&field.ty, "a Bro type can't contain itself"));
        }
        let rust_name = field.ident.as_ref().map(|ident| ident.unraw().to_string());
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
