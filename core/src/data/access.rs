//! Whether IDs and operations on state that the application makes itself fit the declared variables.

use std::sync::Arc;

use super::convert::{index_types, kind};
use super::{
    ConversionError, ConversionErrorKind, Declarations, Id, Opcode, StateAccess, Type, TypeKind,
    TypeTag, Value, VariableError,
};

impl Declarations {
    /// Makes an operation whose operands are of the types of the variable that it is on; `None` if
    /// they are already, or if no such variable is declared, as for a container's unique id.
    pub(crate) fn coerce_access(
        &self,
        access: &StateAccess,
    ) -> Result<Option<StateAccess>, VariableError> {
        let Some(global) = self.globals.get(&access.target) else { return Ok(None) };
        let coerced = coerce_operands(&global.ty, access);
        coerced.map_err(|error| VariableError { variable: global.name.clone(), error })
    }

    /// Makes an ID whose value is of the type of the variable of that name; `None` if it is already,
    /// or if no such variable is declared.
    pub(crate) fn coerce_id(&self, id: &Id) -> Result<Option<Arc<Id>>, VariableError> {
        let Some(global) = self.globals.get(&id.name) else { return Ok(None) };
        let value = id.value.as_ref().map_or(Ok(None), |value| coerced(value, &global.ty));
        match value {
            Ok(None) => Ok(None),
            Ok(value) => Ok(Some(Arc::new(Id { value, ..id.clone() }))),
            Err(error) => Err(VariableError { variable: global.name.clone(), error }),
        }
    }
}

fn coerce_operands(
    ty: &Type,
    access: &StateAccess,
) -> Result<Option<StateAccess>, ConversionError> {
    let StateAccess { opcode, op1, op2, op3, .. } = access;
    let operand = |operand: &Option<Value>, ty: &Type| match operand {
        Some(value) => coerced(value, ty),
        None => Ok(None),
    };
    let (one, two, three) = match opcode {
        Opcode::Assign | Opcode::Incr => (coerced(op1, ty)?, operand(op2, ty)?, None),
        Opcode::AssignIdx | Opcode::IncrIdx => {
            let (index, part) = part(ty, op1)?;
            (index, operand(op2, &part)?, operand(op3, &part)?)
        }
        // What was there comes as the value in tables, but as a mark in sets.
        Opcode::Add | Opcode::Del | Opcode::Expire | Opcode::ReadIdx => {
            (table_index(ty, op1)?, None, None)
        }
        Opcode::Print => (None, None, None),
    };
    if one.is_none() && two.is_none() && three.is_none() {
        return Ok(None);
    }
    let mut access = access.clone();
    access.op1 = one.unwrap_or(access.op1);
    access.op2 = two.or(access.op2);
    access.op3 = three.or(access.op3);
    Ok(Some(access))
}

fn coerced(value: &Value, ty: &Type) -> Result<Option<Value>, ConversionError> {
    if value.is_of(ty) { Ok(None) } else { value.coerce(ty).map(Some) }
}

/// Returns the index as the type has it, unless it is already, and the type of what stands there.
fn part(ty: &Type, index: &Value) -> Result<(Option<Value>, Type), ConversionError> {
    match kind(ty) {
        Some(TypeKind::Table(table)) if table.yields.is_some() => {
            let yields = table.yields.clone().unwrap_or(Type::ANY);
            Ok((table_index(ty, index)?, yields))
        }
        Some(TypeKind::Set(_) | TypeKind::Table(_)) => Err(ConversionErrorKind::NotATable.into()),
        Some(TypeKind::Vector(element)) => Ok((coerced(index, &Type::COUNT)?, element.clone())),
        Some(TypeKind::Record(_)) => {
            let Value::String(name) = index else {
                return Err(ConversionError::mismatch(TypeTag::String, index));
            };
            let mut fields = ty.fields().unwrap_or_default().iter();
            match fields.find(|field| *field.name == **name) {
                Some(field) => Ok((None, field.ty.clone())),
                None => Err(ConversionError::no_such_field(ty, name)),
            }
        }
        _ => Err(not_a_table(ty)),
    }
}

fn table_index(ty: &Type, index: &Value) -> Result<Option<Value>, ConversionError> {
    let list = match kind(ty) {
        Some(TypeKind::Set(set)) => &set.index,
        Some(TypeKind::Table(table)) => &table.index,
        _ => return Err(not_a_table(ty)),
    };
    match (index, index_types(ty)) {
        (Value::List(_), _) => coerced(index, list),
        (_, [only]) => coerced(index, only),
        (_, types) => Err(ConversionErrorKind::Length { expected: types.len(), found: 1 }.into()),
    }
}

/// Says that what is declared has no entries.
fn not_a_table(ty: &Type) -> ConversionError {
    let found = ty.tag().unwrap_or(TypeTag::Any);
    ConversionErrorKind::Type { expected: TypeTag::Table, found }.into()
}
