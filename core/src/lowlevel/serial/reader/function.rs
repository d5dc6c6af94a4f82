//! Reads functions as sent by Bros up to 2.1 (2§13), and the statements and expressions in them
//! (2§11).

use super::{Arc, Cursor, Head, MessageReader, Object, read_object};
use crate::data::{
    BinaryClass, Case, Expr, ExprKind, Func, Id, Stmt, StmtKind, Type, TypeTag, UnaryClass, Value,
};
use crate::serial::kind::val;
use crate::serial::scalar::Result;
use crate::serial::tape::{Item, What};
use crate::serial::{Family, SerialErrorKind as Kind};

/// A function being read, in data formats in which the value of its ID is the function.
pub(super) struct Function {
    /// The id of the value that contains it, and its own id.
    value_pid: u64,
    pid: u64,
    /// The value's type.
    pub(super) ty: Type,
    /// The indices of the message's objects to set to it once it is read.
    places: Vec<u32>,
    /// The enclosing function.
    around: Option<Box<Function>>,
}

impl MessageReader<'_> {
    /// Reads the function of a value, after the value's type, `ty`.
    pub(super) fn function(&mut self, ty: &Type) -> Result<Arc<Func>> {
        if self.mode.data_format.has_function_types() {
            return self.func();
        }
        self.function = Some(Box::new(Function {
            value_pid: self.pid_at(self.value_start),
            pid: self.pid_at(self.cursor.offset()),
            ty: ty.clone(),
            places: Vec::new(),
            around: self.function.take(),
        }));
        let func = self.func()?;
        // After an error nothing more is read.
        if let Some(function) = self.function.take() {
            self.function = function.around;
            for place in function.places {
                if let Some(object) = self.message.objects.get_mut(place as usize) {
                    *object = What::Func(Arc::clone(&func));
                }
            }
        }
        Ok(func)
    }

    /// Returns the id in the object header at this offset of the chunk, or 0 if it has none.
    fn pid_at(&self, start: u32) -> u64 {
        let mut cursor = Cursor::new(self.cursor.chunk());
        cursor.seek(start.saturating_add(1));
        let pid = match self.mode.pid_64bit {
            true => cursor.u64(),
            false => cursor.u32().map(u64::from),
        };
        pid.unwrap_or(0)
    }

    /// Returns the id of the reference at the current position, if there is one.
    fn reference(&self) -> Option<u64> {
        let is_full = *self.cursor.rest().first()? == 1;
        Some(self.pid_at(self.cursor.offset())).filter(|pid| !is_full && *pid != 0)
    }

    read_object!(function_id, Id, Id, Id, function_id_body);

    /// Reads the ID of the function being read. The ID's value is `None` if it is that function.
    fn function_id_body(&mut self, class: u8) -> Result<Id> {
        self.id_with_value(class, MessageReader::function_value)
    }

    fn function_value(&mut self) -> Result<Option<Value>> {
        let pid = match (&self.function, self.reference()) {
            (Some(function), Some(pid)) if pid == function.value_pid => {
                self.head(Family::Val)?;
                return Ok(None);
            }
            (Some(function), None) => function.pid,
            _ => return self.value().map(|value| Some(value.compact())),
        };
        let place = match self.head(Family::Val)? {
            Head::New(place, val::PLAIN) => place,
            Head::New(_, class) => {
                return Err(Kind::WrongClass { class, tag: TypeTag::Func });
            }
            Head::Known(pid) => return Err(Kind::UnknownObject(pid)),
        };
        let ty = self.apart(MessageReader::ty)?;
        self.no_value_attributes()?;
        if self.reference() != Some(pid) {
            return Err(Kind::WrongClass { class: val::PLAIN, tag: TypeTag::Func });
        }
        self.head(Family::Func)?;
        self.cache.store_value(place, self.tape_end());
        let what = self.message.note_type(TypeTag::Func, &ty);
        let end = self.cursor.offset();
        let (class, tag) = (val::PLAIN, TypeTag::Func);
        self.message.tape.push(Item { end, what, objects: 1, height: 1, class, tag });
        self.tape_object(What::Full(ty), TypeTag::Void);
        let number = self.message.objects.len() as u32 - 1;
        if let Some(function) = &mut self.function {
            function.places.push(number);
        }
        Ok(None)
    }

    /// Reads the flag that a value has no attributes, in data formats that have it.
    pub(super) fn no_value_attributes(&mut self) -> Result<()> {
        if self.is_old && self.cursor.bool()? {
            return Err(Kind::ValueAttributes);
        }
        Ok(())
    }
}

/// The index of the default case of a switch that has none.
const NO_DEFAULT: i32 = -1;

impl MessageReader<'_> {
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
            5 => StmtKind::Expr(self.optional(MessageReader::expr)?),
            6 => StmtKind::If(self.optional(MessageReader::expr)?, self.stmt()?, self.stmt()?),
            7 => StmtKind::Switch {
                expr: self.optional(MessageReader::expr)?,
                cases: self.several(least, MessageReader::case)?,
                default_index: if self.mode.data_format.has_switch_default() {
                    self.cursor.i32()?
                } else {
                    NO_DEFAULT
                },
            },
            8 => StmtKind::Add(self.optional(MessageReader::expr)?),
            9 => StmtKind::Delete(self.optional(MessageReader::expr)?),
            10 => StmtKind::Event(self.optional(MessageReader::expr)?, self.expr()?),
            11 => StmtKind::For {
                expr: self.optional(MessageReader::expr)?,
                ids: self.several(least, MessageReader::id)?,
                body: self.stmt()?,
            },
            12 => StmtKind::Next,
            13 => StmtKind::Break,
            14 => StmtKind::Return(self.optional(MessageReader::expr)?),
            15 => StmtKind::List(self.several(least, MessageReader::stmt)?),
            16 => StmtKind::EventBodyList {
                bodies: self.several(least, MessageReader::stmt)?,
                topmost: self.cursor.bool()?,
            },
            17 => StmtKind::Init(self.several(least, MessageReader::id)?),
            18 => StmtKind::Null,
            19 => StmtKind::When {
                condition: self.expr()?,
                body: self.stmt()?,
                timeout_body: self.optional(MessageReader::stmt)?,
                timeout: self.optional(MessageReader::expr)?,
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

impl MessageReader<'_> {
    read_object!(expr, Expr, Expr, Expr, expr_body);

    fn expr_body(&mut self, class: u8) -> Result<Expr> {
        Ok(Expr {
            tag: self.cursor.u8()?,
            paren: self.cursor.i32()?,
            ty: self.optional(MessageReader::ty)?,
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
                value: self.optional(MessageReader::value)?.map(|value| value.compact()),
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
            34 => ExprKind::List(self.several(self.least_object(), MessageReader::expr)?),
            35 => ExprKind::RecordAssign(self.several(self.least_object(), MessageReader::expr)?),
            40 => {
                ExprKind::TableConstructor(self.expr()?, self.optional(MessageReader::attributes)?)
            }
            41 => ExprKind::SetConstructor(self.expr()?, self.optional(MessageReader::attributes)?),
            class => return Err(Kind::UnknownExpr(class)),
        })
    }

    fn in_const_init(&mut self) -> Result<bool> {
        if self.mode.data_format.has_in_const_init() { self.cursor.bool() } else { Ok(false) }
    }
}
