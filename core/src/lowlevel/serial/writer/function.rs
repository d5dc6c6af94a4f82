//! Writes expressions and statements (2§11).

use super::decide::Decide;
use super::{Arc, MessageWriter};
use crate::data::{Expr, ExprKind, Stmt, StmtKind, UnaryClass};
use crate::serial::Family;
use crate::wire::DataFormat;

impl<D: Decide> MessageWriter<'_, D> {
    pub(super) fn expr(&mut self, expr: &Arc<Expr>) {
        if self.shared(expr, Family::Expr, expr_class(&expr.kind)) {
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

fn expr_class(kind: &ExprKind) -> u8 {
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

impl<D: Decide> MessageWriter<'_, D> {
    pub(super) fn stmt(&mut self, stmt: &Arc<Stmt>) {
        if self.shared(stmt, Family::Stmt, stmt_class(&stmt.kind)) {
            self.u8(self.statement_tag(stmt));
            self.f64(stmt.last_access);
            self.u32(stmt.access_count);
            self.stmt_kind(&stmt.kind);
        }
    }

    /// Returns a statement's tag. A null statement gets the tag of this format, unless everything
    /// is written as it was received.
    fn statement_tag(&self, stmt: &Stmt) -> u8 {
        let format = self.decide.data_format();
        match stmt.kind {
            // In format 25, Bro 2.3 has the tag of 2.2 and Bro 2.4 its own; the received one is
            // kept.
            StmtKind::Null if D::USUAL && !(format == DataFormat::V25 && stmt.tag > 16) => {
                format.null_statement()
            }
            _ => stmt.tag,
        }
    }

    fn stmt_kind(&mut self, kind: &StmtKind) {
        match kind {
            StmtKind::ExprList(expr) | StmtKind::Print(expr) => self.expr(expr),
            StmtKind::Expr(expr)
            | StmtKind::Add(expr)
            | StmtKind::Delete(expr)
            | StmtKind::Return(expr) => self.optional(expr.as_ref(), |s, expr| s.expr(expr)),
            StmtKind::If(expr, yes, no) => {
                self.optional(expr.as_ref(), |s, expr| s.expr(expr));
                self.stmt(yes);
                self.stmt(no);
            }
            StmtKind::Switch { expr, cases, default_index } => {
                self.optional(expr.as_ref(), |s, expr| s.expr(expr));
                self.several(cases, |s, case| {
                    if s.shared(case, Family::Case, 1) {
                        s.expr(&case.expr);
                        s.stmt(&case.body);
                    }
                });
                if self.decide.data_format().has_switch_default() {
                    self.i32(*default_index);
                }
            }
            StmtKind::Event(expr, event) => {
                self.optional(expr.as_ref(), |s, expr| s.expr(expr));
                self.expr(event);
            }
            StmtKind::For { expr, ids, body } => {
                self.optional(expr.as_ref(), |s, expr| s.expr(expr));
                self.several(ids, |s, id| s.id(id));
                self.stmt(body);
            }
            StmtKind::Next | StmtKind::Break | StmtKind::Null | StmtKind::Fallthrough => {}
            StmtKind::List(stmts) => self.several(stmts, |s, stmt| s.stmt(stmt)),
            StmtKind::EventBodyList { bodies, topmost } => {
                self.several(bodies, |s, stmt| s.stmt(stmt));
                self.bool(*topmost);
            }
            StmtKind::Init(ids) => self.several(ids, |s, id| s.id(id)),
            StmtKind::When { condition, body, timeout_body, timeout } => {
                self.expr(condition);
                self.stmt(body);
                self.optional(timeout_body.as_ref(), |s, stmt| s.stmt(stmt));
                self.optional(timeout.as_ref(), |s, expr| s.expr(expr));
            }
            StmtKind::While(expr, body) => {
                self.expr(expr);
                self.stmt(body);
            }
        }
    }
}

fn stmt_class(kind: &StmtKind) -> u8 {
    match kind {
        StmtKind::ExprList(_) => 2,
        StmtKind::Print(_) => 4,
        StmtKind::Expr(_) => 5,
        StmtKind::If(..) => 6,
        StmtKind::Switch { .. } => 7,
        StmtKind::Add(_) => 8,
        StmtKind::Delete(_) => 9,
        StmtKind::Event(..) => 10,
        StmtKind::For { .. } => 11,
        StmtKind::Next => 12,
        StmtKind::Break => 13,
        StmtKind::Return(_) => 14,
        StmtKind::List(_) => 15,
        StmtKind::EventBodyList { .. } => 16,
        StmtKind::Init(_) => 17,
        StmtKind::Null => 18,
        StmtKind::When { .. } => 19,
        StmtKind::Fallthrough => 20,
        StmtKind::While(..) => 21,
    }
}
