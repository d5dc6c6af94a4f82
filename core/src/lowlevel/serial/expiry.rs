//! Expiry times of tables, which data formats up to 25 encode as seconds (2§13).

use std::sync::Arc;

use crate::data::{Attributes, Expr, ExprKind, Type, Value};

/// The tag of a constant expression (2§11).
const CONST: u8 = 1;

/// Returns the expression for this many seconds: the one in the attributes if it has the same
/// value, otherwise a new one. `None` for 0 (all bits 0): the table does not expire.
pub(super) fn expiry_of(seconds: f64, attributes: Option<&Attributes>) -> Option<Arc<Expr>> {
    if seconds.to_bits() == 0 {
        return None;
    }
    let exprs = attributes.iter().flat_map(|attributes| &attributes.list);
    let mut exprs = exprs.filter_map(|attribute| attribute.expr.as_ref());
    let same = exprs.find(|expr| expiry_seconds(Some(expr)).to_bits() == seconds.to_bits());
    Some(same.cloned().unwrap_or_else(|| {
        let (ty, kind) = (Some(Type::INTERVAL), ExprKind::Const(Value::Interval(seconds)));
        Arc::new(Expr { tag: CONST, paren: 0, ty, kind })
    }))
}

/// Returns the seconds of an expression, or 0 unless it is a constant: the receiver then evaluates
/// the attributes itself.
pub(super) fn expiry_seconds(expr: Option<&Arc<Expr>>) -> f64 {
    match expr.map(|expr| &expr.kind) {
        Some(ExprKind::Const(Value::Interval(seconds))) => *seconds,
        _ => 0.0,
    }
}
