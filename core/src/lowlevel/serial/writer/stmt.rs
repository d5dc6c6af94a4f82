//! Writes statements (2§11).

use crate::data::{Stmt, StmtKind};

use super::super::Family;
use super::decide::Decide;
use super::{Arc, Session};
use crate::wire::DataFormat;

impl<D: Decide> Session<'_, D> {
    pub(super) fn stmt(&mut self, stmt: &Arc<Stmt>) {
        if self.shared(stmt, Family::Stmt, class(&stmt.kind)) {
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

fn class(kind: &StmtKind) -> u8 {
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
