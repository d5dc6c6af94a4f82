//! Expansion of `#[derive(Record)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{DeriveInput, Result};

use crate::attributes::{TypeAttributes, TypeKind};
use crate::fields::{conversions, fields};

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let rust = &input.ident;
    let attributes = TypeAttributes::read(input, TypeKind::Record)?;
    let name = attributes.name.clone().unwrap_or_else(|| rust.unraw().to_string());
    let mut fields = fields(input, Some(&attributes.fields))?;
    fields.iter_mut().for_each(|field| field.attributes.log |= attributes.log);
    let declarations = fields.iter().map(|field| field.declaration());
    let values = fields.iter().enumerate().map(|(at, field)| {
        let (member, ty) = (&field.member, &field.ty);
        quote! {
            <#ty as ::brocomm::data::derived::FieldType>::to_field(&self.#member, &ty, #at)
        }
    });
    let taken = fields.iter().enumerate().map(|(at, field)| {
        let (member, name, ty) = (&field.member, &field.name, &field.ty);
        let field_type = quote!(<#ty as ::brocomm::data::derived::FieldType>);
        match field.default() {
            None => quote!(#member: #field_type::from_field(record, #name, #at)?),
            Some(default) => quote! {
                #member: #field_type::from_field_or(record, #name, #at, || #default)?
            },
        }
    });
    let types = fields.iter().map(|field| &field.ty);
    let conversions = conversions(rust);
    // Functions are inline so that those of a library are only compiled where they are used.
    Ok(quote! {
        impl ::brocomm::data::BroType for #rust {
            // Makes the compiler detect a record that contains itself through others. At run time,
            // creating its type would deadlock.
            const CONTAINS_ITSELF: bool =
                #(<#types as ::brocomm::data::derived::FieldType>::CONTAINS_ITSELF ||)* false;

            #[inline]
            fn bro_type() -> ::brocomm::data::Type {
                const {
                    ::core::assert!(!<Self as ::brocomm::data::BroType>::CONTAINS_ITSELF);
                }
                static TYPE: ::std::sync::OnceLock<::brocomm::data::Type> =
                    ::std::sync::OnceLock::new();
                TYPE.get_or_init(|| {
                    ::brocomm::data::Type::record(#name, ::std::vec![#(#declarations),*])
                })
                .clone()
            }
        }

        impl ::brocomm::data::ToValue for #rust {
            #[inline]
            fn to_value_as(&self, _: &::brocomm::data::Type) -> ::brocomm::data::Value {
                let ty = <Self as ::brocomm::data::BroType>::bro_type();
                let fields = ::std::vec![#(#values),*];
                ::brocomm::data::Record::new(ty, fields).into()
            }
        }

        impl ::brocomm::data::FromValue for #rust {
            #[inline]
            fn from_value(
                value: &::brocomm::data::Value,
            ) -> ::core::result::Result<Self, ::brocomm::data::ConversionError> {
                let record = ::brocomm::data::derived::to_record(value)?;
                ::core::result::Result::Ok(#rust { #(#taken),* })
            }
        }

        #conversions
    })
}
