//! Expressions and statements: part by part, under Bro's names.

use super::mapping::{Json, key, plain, variants};
use super::node::Node;
use super::object::{Fault, Fields, Keys, Result};
use super::reader::Reader;
use super::writer::Writer;
use crate::data::{BinaryClass, Case, Expr, ExprKind, Stmt, StmtKind, UnaryClass};

impl Json for Expr {
    fn write(&self, out: &mut Writer) -> Node {
        let mut fields = Fields::new();
        self.kind.put(&mut fields, out);
        fields.put("tag", &self.tag, out);
        fields.put_unless("paren", &self.paren, &0, out);
        fields.put("type", &self.ty, out);
        fields.into()
    }

    fn read(node: Node, from: &mut Reader) -> Result<Expr> {
        let mut keys = Keys::of(node)?;
        let expr = Expr {
            tag: keys.get("tag", from)?,
            paren: keys.get_or("paren", 0, from)?,
            ty: keys.get("type", from)?,
            kind: ExprKind::get(&mut keys, from)?,
        };
        keys.finish()?;
        Ok(expr)
    }
}

variants! {
    ExprKind by "expr" {
        "global" => Global { name, in_const_init },
        "local" => Local { id, in_const_init },
        "const" => Const(value),
        "unary" => Unary(class, op),
        "binary" => Binary(class, op1, op2),
        "cond" => Cond(condition, then, otherwise),
        "assign" => Assign { left, right, value, is_init },
        "field" => Field { record, name, field, decl },
        "has_field" => HasField { record, name, field },
        "record_coerce" => RecordCoerce(op, map),
        "flatten" => Flatten(op, num_fields),
        "schedule" => Schedule(when, event),
        "call" => Call(func, args),
        "event" => Event { handler, name, args },
        "list" => List(items),
        "record_assign" => RecordAssign(items),
        "table_constructor" => TableConstructor(op, attributes),
        "set_constructor" => SetConstructor(op, attributes),
    }
}

macro_rules! classes {
    ($($ty:ident)*) => {
        $(impl Json for $ty {
            fn write(&self, _: &mut Writer) -> Node {
                Node::text(format!("{self:?}"))
            }

            fn read(node: Node, from: &mut Reader) -> Result<$ty> {
                let name = String::read(node, from)?;
                let mut all = (0..=u8::MAX).filter_map($ty::from_u8);
                let class = all.find(|class| format!("{class:?}") == name);
                class.ok_or_else(|| Fault::new(format_args!("no class {name:?}")))
            }
        })*
    };
}

classes! { UnaryClass BinaryClass }

impl Json for Stmt {
    fn write(&self, out: &mut Writer) -> Node {
        let mut fields = Fields::new();
        self.kind.put(&mut fields, out);
        fields.put("tag", &self.tag, out);
        fields.put("last_access", &self.last_access, out);
        fields.put("access_count", &self.access_count, out);
        fields.into()
    }

    fn read(node: Node, from: &mut Reader) -> Result<Stmt> {
        let mut keys = Keys::of(node)?;
        let stmt = Stmt {
            tag: keys.get("tag", from)?,
            last_access: keys.get("last_access", from)?,
            access_count: keys.get("access_count", from)?,
            kind: StmtKind::get(&mut keys, from)?,
        };
        keys.finish()?;
        Ok(stmt)
    }
}

variants! {
    StmtKind by "stmt" {
        "expr_list" => ExprList(expr),
        "print" => Print(expr),
        "expr" => Expr(expr),
        "if" => If(expr, then, otherwise),
        "switch" => Switch { expr, cases, default_index },
        "add" => Add(expr),
        "delete" => Delete(expr),
        "event" => Event(expr, event),
        "for" => For { expr, ids, body },
        "next" => Next,
        "break" => Break,
        "return" => Return(expr),
        "list" => List(body),
        "event_body_list" => EventBodyList { bodies, topmost },
        "init" => Init(ids),
        "null" => Null,
        "when" => When { condition, body, timeout_body, timeout },
        "fallthrough" => Fallthrough,
        "while" => While(condition, body),
    }
}

plain! {
    Case { expr, body }
}
