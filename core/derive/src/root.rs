//! The path of `brocomm` in generated code.

use proc_macro2::{Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};

/// Replaces `::brocomm` in generated code by `::outer::brocomm`, for users that depend on it only
/// through another crate.
pub(crate) fn within(tokens: TokenStream, outer: &str) -> TokenStream {
    let mut made: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let mut copy = Group::new(group.delimiter(), within(group.stream(), outer));
                copy.set_span(group.span());
                made.push(copy.into());
            }
            TokenTree::Ident(ident) if ident == "brocomm" && follows_root(&made) => {
                made.push(Ident::new(outer, Span::call_site()).into());
                made.push(Punct::new(':', Spacing::Joint).into());
                made.push(Punct::new(':', Spacing::Alone).into());
                made.push(ident.into());
            }
            other => made.push(other),
        }
    }
    made.into_iter().collect()
}

/// Returns whether the tokens end with a `::` that begins a path, rather than one within a path.
fn follows_root(before: &[TokenTree]) -> bool {
    let is_colon =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
    let [rest @ .., one, other] = before else { return false };
    let is_path = match rest.last() {
        Some(TokenTree::Ident(ident)) => {
            let ident = ident.to_string();
            !["as", "dyn", "for", "impl", "in", "mut", "where"].contains(&&*ident)
        }
        _ => false,
    };
    is_colon(one) && is_colon(other) && !is_path
}
