//! Writes expressions (2§11).

use crate::data::{Expr, ExprKind, UnaryClass};

use super::super::Family;
use super::decide::Decide;
use super::{Arc, Session};

impl<D: Decide> Session<'_, D> {
    pub(super) fn expr(&mut self, expr: &Arc<Expr>) {
        if self.shared(expr, Family::Expr, class(&expr.kind)) {
            self.u8(expr.tag);
            self.i32(expr.paren);
            self.optional(expr.ty.as_ref(), |s, ty| s.ty(ty));
            self.expr_kind(&expr.kind);
        }
    }

    fn in_const_init(&mut self, in_const_init: bool) {
        if self.decide.data_format().has_in_const_init() {
            self.bool(in_const_init);
        }
    }

    fn expr_kind(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Global { name, in_const_init } => {
                self.u8(b'n');
                self.string(name);
                self.in_const_init(*in_const_init);
            }
            ExprKind::Local { id, in_const_init } => {
                self.u8(b'f');
                self.id(id);
                self.in_const_init(*in_const_init);
            }
            ExprKind::Const(value) => self.value(value),
            ExprKind::Unary(class, a) => {
                self.expr(a);
                let has_type = self.decide.data_format().has_constructor_types();
                if *class == UnaryClass::RecordConstructor && has_type {
                    self.bool(false);
                }
            }
            ExprKind::RecordConstructor(expr, ty) => {
                self.expr(expr);
                if self.decide.data_format().has_constructor_types() {
                    self.bool(true);
                    self.ty(ty);
                }
            }
            ExprKind::Binary(_, a, b) | ExprKind::Schedule(a, b) | ExprKind::Call(a, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Cond(a, b, c) => {
                self.expr(a);
                self.expr(b);
                self.expr(c);
            }
            ExprKind::Assign { left, right, value, is_init } => {
                self.expr(left);
                self.expr(right);
                self.optional(value.as_ref(), |s, value| s.value(value));
                self.i32(*is_init);
            }
            ExprKind::Field { record, name, field, decl } => {
                self.expr(record);
                self.string(name);
                self.i32(*field);
                self.field(decl);
            }
            ExprKind::HasField { record, name, field } => {
                self.expr(record);
                self.bool(false);
                self.string(name);
                self.i32(*field);
            }
            ExprKind::RecordCoerce(expr, map) => {
                self.expr(expr);
                self.several(map, |s, position| s.i32(*position));
            }
            ExprKind::Flatten(expr, num_fields) => {
                self.expr(expr);
                self.i32(*num_fields);
            }
            ExprKind::Event { handler, name, args } => {
                self.string(handler);
                self.string(name);
                self.expr(args);
            }
            ExprKind::List(exprs) | ExprKind::RecordAssign(exprs) => {
                self.several(exprs, |s, expr| s.expr(expr));
            }
            ExprKind::TableConstructor(expr, attributes)
            | ExprKind::SetConstructor(expr, attributes) => {
                self.expr(expr);
                self.optional(attributes.as_ref(), |s, attributes| s.attributes(attributes));
            }
        }
    }
}

fn class(kind: &ExprKind) -> u8 {
    match kind {
        ExprKind::Global { .. } | ExprKind::Local { .. } => 2,
        ExprKind::Const(_) => 3,
        ExprKind::RecordConstructor(..) => UnaryClass::RecordConstructor as u8,
        ExprKind::Unary(class, _) => *class as u8,
        ExprKind::Binary(class, ..) => *class as u8,
        ExprKind::Cond(..) => 18,
        ExprKind::Assign { .. } => 20,
        ExprKind::Field { .. } => 22,
        ExprKind::HasField { .. } => 23,
        ExprKind::RecordCoerce(..) => 28,
        ExprKind::Flatten(..) => 29,
        ExprKind::Schedule(..) => 30,
        ExprKind::Call(..) => 32,
        ExprKind::Event { .. } => 33,
        ExprKind::List(_) => 34,
        ExprKind::RecordAssign(_) => 35,
        ExprKind::TableConstructor(..) => 40,
        ExprKind::SetConstructor(..) => 41,
    }
}
