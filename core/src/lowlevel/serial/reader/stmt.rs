//! Reads statements (2§11).

use crate::data::{Case, Stmt, StmtKind};

use super::super::cursor::Result;
use super::super::{Family, SerialErrorKind as Kind};
use super::{Arc, Head, Object, Session, read_object};

/// The index of the default case of a switch that has none.
const NO_DEFAULT: i32 = -1;

impl Session<'_> {
    read_object!(stmt, Stmt, Stmt, Stmt, stmt_body);
    read_object!(case, Case, Case, Case, case_body);

    fn stmt_body(&mut self, class: u8) -> Result<Stmt> {
        Ok(Stmt {
            tag: self.cursor.u8()?,
            last_access: self.cursor.f64()?,
            access_count: self.cursor.u32()?,
            kind: self.stmt_kind(class)?,
        })
    }

    fn stmt_kind(&mut self, class: u8) -> Result<StmtKind> {
        let least = self.least_object();
        Ok(match class {
            2 => StmtKind::ExprList(self.expr()?),
            4 => StmtKind::Print(self.expr()?),
            5 => StmtKind::Expr(self.optional(Session::expr)?),
            6 => StmtKind::If(self.optional(Session::expr)?, self.stmt()?, self.stmt()?),
            7 => StmtKind::Switch {
                expr: self.optional(Session::expr)?,
                cases: self.several(least, Session::case)?,
                default_index: if self.mode.data_format.has_switch_default() {
                    self.cursor.i32()?
                } else {
                    NO_DEFAULT
                },
            },
            8 => StmtKind::Add(self.optional(Session::expr)?),
            9 => StmtKind::Delete(self.optional(Session::expr)?),
            10 => StmtKind::Event(self.optional(Session::expr)?, self.expr()?),
            11 => StmtKind::For {
                expr: self.optional(Session::expr)?,
                ids: self.several(least, Session::id)?,
                body: self.stmt()?,
            },
            12 => StmtKind::Next,
            13 => StmtKind::Break,
            14 => StmtKind::Return(self.optional(Session::expr)?),
            15 => StmtKind::List(self.several(least, Session::stmt)?),
            16 => StmtKind::EventBodyList {
                bodies: self.several(least, Session::stmt)?,
                topmost: self.cursor.bool()?,
            },
            17 => StmtKind::Init(self.several(least, Session::id)?),
            18 => StmtKind::Null,
            19 => StmtKind::When {
                condition: self.expr()?,
                body: self.stmt()?,
                timeout_body: self.optional(Session::stmt)?,
                timeout: self.optional(Session::expr)?,
            },
            20 if self.mode.data_format.has_switch_default() => StmtKind::Fallthrough,
            21 if self.mode.data_format.has_while() => StmtKind::While(self.expr()?, self.stmt()?),
            class => return Err(Kind::UnknownStmt(class)),
        })
    }

    fn case_body(&mut self, class: u8) -> Result<Case> {
        if class != 1 {
            return Err(Kind::UnknownClass(Family::Case, class));
        }
        Ok(Case { expr: self.expr()?, body: self.stmt()? })
    }
}
