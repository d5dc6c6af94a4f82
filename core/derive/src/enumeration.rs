//! Expansion of `#[derive(Enum)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Error, Fields, Result, Variant};

use crate::attributes::{PartAttributes, TypeAttributes, TypeKind};
use crate::fields::conversions;

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let rust = &input.ident;
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(rust, "expected an enum"));
    };
    let attributes = TypeAttributes::read(input, TypeKind::Enum)?;
    let name = attributes.name.unwrap_or_else(|| rust.unraw().to_string());
    let module = name.rsplit_once("::").map(|(module, _)| module);
    let constant = |variant: &Variant| {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new_spanned(&variant.fields, "a constant has no fields"));
        }
        let own = PartAttributes::read(&variant.attrs, false)?.name.unwrap_or_else(|| {
            let name = variant.ident.unraw().to_string();
            attributes.rename_all.map_or(name.clone(), |case| case.apply(&name))
        });
        let full = match module {
            Some(module) if !own.contains("::") => format!("{module}::{own}"),
            _ => own,
        };
        let ident = &variant.ident;
        Ok(quote!((#full, #rust::#ident as i64)))
    };
    let constants = data.variants.iter().map(constant).collect::<Result<Vec<_>>>()?;
    let Some(last) = data.variants.last().map(|variant| &variant.ident) else {
        return Err(Error::new_spanned(rust, "an enum needs a constant"));
    };
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    let positions = 0..variants.len() - 1;
    let all_but_last = variants.iter().take(variants.len() - 1);
    let conversions = conversions(rust);
    Ok(quote! {
        const _: () = {
            const CONSTANTS: &[(&str, i64)] = &[#(#constants),*];

            impl ::brocomm::data::BroType for #rust {
                fn bro_type() -> ::brocomm::data::Type {
                    static TYPE: ::std::sync::OnceLock<::brocomm::data::Type> =
                        ::std::sync::OnceLock::new();
                    TYPE.get_or_init(|| {
                        ::brocomm::data::derived::enumeration(#name, CONSTANTS)
                    })
                    .clone()
                }
            }

            impl ::brocomm::data::ToValue for #rust {
                fn to_value_as(&self, _: &::brocomm::data::Type) -> ::brocomm::data::Value {
                    let ty = <Self as ::brocomm::data::BroType>::bro_type();
                    let number = match self {
                        #(#rust::#variants => #rust::#variants as i64,)*
                    };
                    ::brocomm::data::EnumValue { ty, number }.into()
                }
            }

            impl ::brocomm::data::FromValue for #rust {
                fn from_value(
                    value: &::brocomm::data::Value,
                ) -> ::core::result::Result<Self, ::brocomm::data::ConversionError> {
                    let found = ::brocomm::data::derived::from_constant(value, #name, CONSTANTS)?;
                    ::core::result::Result::Ok(match found {
                        #(#positions => #rust::#all_but_last,)*
                        _ => #rust::#last,
                    })
                }
            }

            #conversions
        };
    })
}
