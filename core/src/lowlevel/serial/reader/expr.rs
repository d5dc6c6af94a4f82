//! Reads expressions (2§11).

use crate::data::{BinaryClass, Expr, ExprKind, UnaryClass};

use super::super::cursor::Result;
use super::super::{Family, SerialErrorKind as Kind};
use super::{Arc, Head, Object, Session, read_object};

impl Session<'_> {
    read_object!(expr, Expr, Expr, Expr, expr_body);

    fn expr_body(&mut self, class: u8) -> Result<Expr> {
        Ok(Expr {
            tag: self.cursor.u8()?,
            paren: self.cursor.i32()?,
            ty: self.optional(Session::ty)?,
            kind: self.expr_kind(class)?,
        })
    }

    fn expr_kind(&mut self, class: u8) -> Result<ExprKind> {
        if let Some(class) = UnaryClass::from_u8(class) {
            let operand = self.expr()?;
            let has_type = self.mode.data_format.has_constructor_types();
            if class == UnaryClass::RecordConstructor && has_type && self.cursor.bool()? {
                return Ok(ExprKind::RecordConstructor(operand, self.ty()?));
            }
            return Ok(ExprKind::Unary(class, operand));
        }
        if let Some(class) = BinaryClass::from_u8(class) {
            return Ok(ExprKind::Binary(class, self.expr()?, self.expr()?));
        }
        Ok(match class {
            2 => match self.cursor.u8()? {
                b'n' => ExprKind::Global {
                    name: self.cursor.lasting_name()?,
                    in_const_init: self.in_const_init()?,
                },
                b'f' => ExprKind::Local { id: self.id()?, in_const_init: self.in_const_init()? },
                kind => return Err(Kind::BadNameKind(kind)),
            },
            // A constant may outlive the message, in a type or in an attribute.
            3 => ExprKind::Const(self.value()?.compact()),
            18 => ExprKind::Cond(self.expr()?, self.expr()?, self.expr()?),
            20 => ExprKind::Assign {
                left: self.expr()?,
                right: self.expr()?,
                value: self.optional(Session::value)?.map(|value| value.compact()),
                is_init: self.cursor.i32()?,
            },
            22 => ExprKind::Field {
                record: self.expr()?,
                name: self.cursor.lasting_name()?,
                field: self.cursor.i32()?,
                decl: self.field()?,
            },
            23 => {
                let record = self.expr()?;
                self.cursor.bool()?;
                let name = self.cursor.lasting_name()?;
                ExprKind::HasField { record, name, field: self.cursor.i32()? }
            }
            28 => ExprKind::RecordCoerce(self.expr()?, self.several(4, |s| s.cursor.i32())?),
            29 => ExprKind::Flatten(self.expr()?, self.cursor.i32()?),
            30 => ExprKind::Schedule(self.expr()?, self.expr()?),
            32 => ExprKind::Call(self.expr()?, self.expr()?),
            33 => ExprKind::Event {
                handler: self.cursor.lasting_name()?,
                name: self.cursor.lasting_name()?,
                args: self.expr()?,
            },
            34 => ExprKind::List(self.several(self.least_object(), Session::expr)?),
            35 => ExprKind::RecordAssign(self.several(self.least_object(), Session::expr)?),
            40 => ExprKind::TableConstructor(self.expr()?, self.optional(Session::attributes)?),
            41 => ExprKind::SetConstructor(self.expr()?, self.optional(Session::attributes)?),
            class => return Err(Kind::UnknownExpr(class)),
        })
    }

    fn in_const_init(&mut self) -> Result<bool> {
        if self.mode.data_format.has_in_const_init() { self.cursor.bool() } else { Ok(false) }
    }
}
