//! Expansion of `#[derive(Event)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Result};

use crate::attributes::{TypeAttributes, TypeKind};
use crate::case::Case;
use crate::fields::fields;

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let rust = &input.ident;
    let name = TypeAttributes::read(input, TypeKind::Event)?.name;
    let name = name.unwrap_or_else(|| Case::Snake.apply(&rust.to_string()));
    let fields = fields(input, None)?;
    let count = fields.len();
    let declarations = fields.iter().map(|field| {
        let (ty, name) = (&field.ty, &field.name);
        quote!(<#ty as ::brocomm::data::derived::ParamType>::declare(#name))
    });
    let values = fields.iter().enumerate().map(|(at, field)| {
        let (member, ty) = (&field.member, &field.ty);
        quote! {
            <#ty as ::brocomm::data::derived::ParamType>::to_argument(&self.#member, params, #at)
        }
    });
    let taken = fields.iter().enumerate().map(|(at, field)| {
        let (member, ty) = (&field.member, &field.ty);
        quote! {
            #member: <#ty as ::brocomm::data::derived::ParamType>::from_argument(args, #at)?
        }
    });
    Ok(quote! {
        impl ::brocomm::data::EventType for #rust {
            const NAME: &'static str = #name;

            fn params() -> &'static [::brocomm::data::Field] {
                static PARAMS: ::std::sync::OnceLock<::std::vec::Vec<::brocomm::data::Field>> =
                    ::std::sync::OnceLock::new();
                PARAMS.get_or_init(|| ::std::vec![#(#declarations),*])
            }

            fn to_args(&self) -> ::std::vec::Vec<::brocomm::data::Value> {
                let params = <Self as ::brocomm::data::EventType>::params();
                ::std::vec![#(#values),*]
            }

            fn from_args(
                args: &[::brocomm::data::Value],
            ) -> ::core::result::Result<Self, ::brocomm::data::ConversionError> {
                ::brocomm::data::derived::check_arguments(args, #count)?;
                ::core::result::Result::Ok(#rust { #(#taken),* })
            }
        }

        impl ::core::convert::From<#rust> for ::brocomm::data::Event {
            fn from(event: #rust) -> Self {
                ::brocomm::data::EventType::to_event(&event)
            }
        }

        impl ::core::convert::From<&#rust> for ::brocomm::data::Event {
            fn from(event: &#rust) -> Self {
                ::brocomm::data::EventType::to_event(event)
            }
        }

        impl ::core::convert::TryFrom<&::brocomm::data::Event> for #rust {
            type Error = ::brocomm::data::ConversionError;

            fn try_from(
                event: &::brocomm::data::Event,
            ) -> ::core::result::Result<Self, ::brocomm::data::ConversionError> {
                ::brocomm::data::EventType::from_event(event)
            }
        }
    })
}
