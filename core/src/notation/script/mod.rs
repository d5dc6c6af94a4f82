//! Complete scripts: declarations are read, and statements are skipped.

mod expression;
mod retype;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;

use self::expression::Malformed;
use super::lexer::{Position, Token};
use super::parser::Parser;
use super::{ParseError, ParseErrorKind};
use crate::data::{
    AttributeTag, Declarations, EnumType, EventDecl, Global, Name, RecordType, Type, TypeDef,
    TypeKind, TypeTag, Value,
};

/// Finds a script to load, such as `base/frameworks/notice`, and adds its declarations with
/// [`Declarations::read_part`], unless it was loaded before. Returns an error if the script cannot
/// be loaded, or [`Loaded::Missing`] to continue without it.
pub type Load<'l> = dyn FnMut(&str, &mut Declarations) -> Result<Loaded, String> + 'l;

/// The result of loading a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loaded {
    /// The script was read, now or before.
    Read,
    /// The script is missing. Redefinitions of unknown names are skipped from here on.
    Missing,
}

/// Returns the text at an offset, for an error.
fn found(text: &str, offset: usize) -> String {
    let rest = text.get(offset..).unwrap_or_default();
    let is_end = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ']' | '}');
    let end = rest.char_indices().find(|(at, c)| *at > 0 && is_end(*c));
    match end.and_then(|(end, _)| rest.get(..end)).unwrap_or(rest) {
        "" => "the end of the value".to_owned(),
        word => format!("`{}`", ParseErrorKind::quote(word)),
    }
}

/// The characters that end a skipped expression.
const ENDS: [char; 4] = [';', ')', ',', '}'];

impl Declarations {
    /// Reads a complete script of Bro 2.5 and adds its declarations. In addition to
    /// [`read`](Self::read):
    ///
    /// * `@load` calls `load`, which adds to the given declarations. `@if` with constants and
    ///   `Cluster::is_enabled()`, `@ifdef`, `@ifndef` and `@else` select what is read;
    /// * `redef enum` and `redef record` change the type wherever it is used;
    /// * the bodies of functions, hooks and event handlers are skipped. A handler declares its
    ///   event, unless it is declared elsewhere;
    /// * an initial value or `&default` that is not a constant is skipped, too. Then only the
    ///   variable's type is known, and a variable without a type is not declared. Invalid syntax is
    ///   an error, and so is a name that is not declared, except that of a called function.
    ///
    /// # Errors
    ///
    /// Fails if the text is invalid, with the position. In that case, nothing is added.
    pub fn read_script(&mut self, text: &str, load: &mut Load<'_>) -> Result<(), ParseError> {
        let before = self.clone();
        let read = self.read_part(text, load);
        match read {
            Ok(()) => self.settle_types(),
            Err(_) => *self = before,
        }
        read
    }

    /// Reads a script that another one loads, for [`Load`]. After an error, part of it may have
    /// been added.
    ///
    /// # Errors
    ///
    /// See [`read_script`](Self::read_script).
    pub fn read_part(&mut self, text: &str, load: &mut Load<'_>) -> Result<(), ParseError> {
        let declarations = Cow::Owned(std::mem::take(self));
        let mut parser = Parser::script(text, declarations);
        let read = parser.take().and_then(|_| parser.statements(Some(load)));
        *self = parser.scope.declarations.into_owned();
        read
    }
}

impl<'a> Parser<'a, '_> {
    /// Handles `@load`, and skips other directives.
    pub(super) fn directive(
        &mut self,
        word: &'a str,
        load: Option<&mut Load<'_>>,
    ) -> Result<(), ParseError> {
        let at = self.at();
        let line = self.lexer.rest_of_line();
        match (word, load) {
            ("load", Some(load)) => {
                let loaded = load(line, self.scope.declarations.to_mut());
                let loaded = loaded.map_err(|why| at.error(ParseErrorKind::Load(why)))?;
                self.is_partial |= loaded == Loaded::Missing;
            }
            // These load no declarations or have no effect here.
            ("load-sigs" | "load-plugin" | "unload" | "prefixes" | "pragma", _) => {}
            _ => return Err(self.expected("a declaration")),
        }
        self.take()?;
        Ok(())
    }

    /// Reads a value. Returns `None` if it is not a constant and was skipped, which only scripts
    /// allow.
    pub(super) fn if_constant<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<Option<T>, ParseError> {
        if !self.is_script {
            return read(self).map(Some);
        }
        let (before, at, depth) = (self.before, self.at(), self.depth);
        let error = match read(self) {
            Ok(value) if self.is_after_value() => return Ok(Some(value)),
            Ok(_) => self.expected("`;` or an attribute"),
            Err(error) if error.kind.is_of_a_constant() => return Err(error),
            Err(error) => error,
        };
        self.lexer = before;
        let skipped = self.lexer.skip_to(&ENDS, true).map_err(|kind| at.error(kind))?;
        if skipped.trim().is_empty() {
            return Err(error);
        }
        let error = |offset, kind| before.at().past(skipped, offset).error(kind);
        let names = expression::names(skipped).map_err(|Malformed { offset, expected }| {
            error(offset, ParseErrorKind::Expected { expected, found: found(skipped, offset) })
        })?;
        let unknown = |(_, name): &&(usize, &str)| !self.is_partial && !self.scope.knows(name);
        if let Some((offset, name)) = names.iter().find(unknown) {
            let kind = ParseErrorKind::UnknownVariable(ParseErrorKind::quote(name));
            return Err(error(*offset, kind));
        }
        self.depth = depth;
        self.take()?;
        Ok(None)
    }

    /// Returns a type with all extensions that a script has made, except that of a function, which
    /// has no values.
    pub(super) fn settled(&self, ty: Type) -> Type {
        let is_function = ty.tag() == Some(TypeTag::Func);
        if self.is_script && !is_function { self.scope.declarations.settled(&ty) } else { ty }
    }

    /// Skips the rest of a declaration.
    pub(super) fn pass_over(&mut self) -> Result<(), ParseError> {
        let at = self.at();
        self.lexer = self.before;
        self.lexer.skip_to(&[';'], false).map_err(|kind| at.error(kind))?;
        self.take()?;
        Ok(())
    }

    fn is_after_value(&self) -> bool {
        match self.token() {
            Token::Mark(mark) => ENDS.contains(mark),
            Token::Attribute(name) => !name.is_empty(),
            Token::End => true,
            _ => false,
        }
    }

    /// Skips a body, if there is one. Returns whether there was.
    pub(super) fn body(&mut self) -> Result<bool, ParseError> {
        if !self.is_script || !self.is('{') {
            return Ok(false);
        }
        let at = self.at();
        self.lexer.skip_to(&['}'], false).map_err(|kind| at.error(kind))?;
        self.take()?;
        self.take()?;
        Ok(true)
    }

    /// Skips the attributes before a body.
    fn body_attributes(&mut self) -> Result<(), ParseError> {
        if matches!(self.token(), Token::Attribute(_)) {
            let at = self.at();
            self.lexer.skip_to(&['{', ';'], false).map_err(|kind| at.error(kind))?;
            self.take()?;
        }
        Ok(())
    }

    /// Reads the rest of a `function` or `hook`: its name, type and body.
    pub(super) fn function(&mut self, is_hook: bool) -> Result<(), ParseError> {
        let name = self.name("a function's name")?;
        let ty = self.function_type(is_hook)?;
        let full = self.scope.full_name(name);
        let known = self.scope.global(name).is_some();
        if !known {
            let global = Global { is_const: true, ..Global::new(&*full, ty) };
            self.scope.declarations.to_mut().globals.insert(global);
        }
        self.body_attributes()?;
        if self.body()? || self.eat(';')? { Ok(()) } else { Err(self.expected("`{`")) }
    }

    /// Reads the rest of an event after its name: its parameters, and in a script its body. Returns
    /// whether there was a body.
    pub(super) fn event(&mut self, name: &str, at: Position) -> Result<bool, ParseError> {
        let own = self.scope.full_name(name);
        let in_module = self.scope.declarations.events.contains_key(own.as_bytes());
        let name = if in_module { Name::from(&*own) } else { Name::from(name) };
        let params = self.params()?;
        if self.is_script {
            self.body_attributes()?;
        }
        let has_body = self.body()?;
        // A handler does not change an event that is already declared.
        if !(has_body && self.scope.declarations.events.contains_key(&name)) {
            let event = EventDecl { name, params };
            self.scope.check_event(&event).map_err(|kind| at.error(kind))?;
            self.scope.declarations.to_mut().add_event(event);
        }
        Ok(has_body)
    }
}

impl ParseErrorKind {
    /// Returns whether the error is in a constant. Otherwise it may be another expression.
    fn is_of_a_constant(&self) -> bool {
        matches!(
            self,
            ParseErrorKind::UnterminatedString
                | ParseErrorKind::UnterminatedPattern
                | ParseErrorKind::UnknownTransport(_)
                | ParseErrorKind::DivisionByZero
                | ParseErrorKind::Number(_)
                | ParseErrorKind::Width { .. }
                | ParseErrorKind::NotInEnum { .. }
                | ParseErrorKind::UnknownField { .. }
                | ParseErrorKind::MissingField { .. }
                | ParseErrorKind::Mismatch { .. }
                | ParseErrorKind::Value(_)
                | ParseErrorKind::IndexLength { .. }
                | ParseErrorKind::IndexType(_)
                | ParseErrorKind::Pattern(_)
                | ParseErrorKind::TooDeep { .. }
        )
    }
}

impl<'a> Parser<'a, '_> {
    /// Handles a directive for conditions. Returns whether it is one.
    pub(in crate::notation) fn choose(
        &mut self,
        word: &str,
        at: Position,
    ) -> Result<bool, ParseError> {
        match word {
            "if" | "ifdef" | "ifndef" => {
                let text = self.condition(at)?;
                let holds = match word {
                    "if" => self.holds(text).ok_or_else(|| {
                        at.error(ParseErrorKind::Condition(ParseErrorKind::quote(text)))
                    })?,
                    "ifdef" => self.scope.knows(text),
                    _ => !self.scope.knows(text),
                };
                self.conditions = self.conditions.saturating_add(1);
                if !holds {
                    self.skip_branch(false, at)?;
                }
            }
            // Either the branch before `@else` was read, or `skip_branch` stopped here and the
            // branch after it is read.
            "else" if self.conditions > 0 => {
                if !std::mem::take(&mut self.is_else_read) {
                    self.skip_branch(true, at)?;
                }
            }
            "endif" if self.conditions > 0 => {
                self.conditions = self.conditions.saturating_sub(1);
                self.is_else_read = false;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn skip_branch(&mut self, both: bool, at: Position) -> Result<(), ParseError> {
        self.lexer.skip_branch(both).map_err(|kind| at.error(kind))?;
        self.is_else_read = !both;
        Ok(())
    }

    /// Returns the text in the parentheses.
    fn condition(&mut self, at: Position) -> Result<&'a str, ParseError> {
        let blank = self.lexer.skip_to(&['('], false).map_err(|kind| at.error(kind))?;
        if !blank.trim().is_empty() {
            return Err(at.error(ParseErrorKind::Condition(ParseErrorKind::quote(blank.trim()))));
        }
        self.lexer.step();
        let text = self.lexer.skip_to(&[')'], false).map_err(|kind| at.error(kind))?;
        self.lexer.step();
        Ok(text.trim())
    }

    /// Returns whether a condition holds, or `None` if only a Bro can evaluate it.
    fn holds(&self, text: &str) -> Option<bool> {
        let text = text.trim();
        if let Some((left, right)) = split(text, "||") {
            return Some(self.holds(left)? || self.holds(right)?);
        }
        if let Some((left, right)) = split(text, "&&") {
            return Some(self.holds(left)? && self.holds(right)?);
        }
        if let Some(rest) = text.strip_prefix('!') {
            return self.holds(rest).map(|holds| !holds);
        }
        if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
            return self.holds(inner);
        }
        let call: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        match call.as_str() {
            "T" => return Some(true),
            "F" => return Some(false),
            // We are not a node of the scripts' cluster.
            "Cluster::is_enabled()" | "Cluster::nodeinCluster::nodes" => return Some(false),
            _ if call.starts_with("Cluster::local_node_type()") => {
                return Some(call.contains("!="));
            }
            _ => {}
        }
        match self.scope.value(text) {
            Some(Value::Bool(value)) => Some(*value),
            _ => None,
        }
    }
}

/// Splits at the first such operator outside of all parentheses.
fn split<'t>(text: &'t str, operator: &str) -> Option<(&'t str, &'t str)> {
    let mut places = text.match_indices(operator);
    places.find_map(|(at, _)| {
        let (left, right) = text.split_at_checked(at)?;
        let is_outside = left.matches('(').count() == left.matches(')').count();
        is_outside.then_some((left, right.get(operator.len()..)?))
    })
}

impl Parser<'_, '_> {
    /// Reads the rest of a `redef` that extends a type. Returns whether it does.
    pub(in crate::notation) fn extension(&mut self) -> Result<bool, ParseError> {
        let is_record = match self.token() {
            Token::Name("record") => true,
            Token::Name("enum") => false,
            _ => return Ok(false),
        };
        if !self.is_script {
            return Ok(false);
        }
        self.take()?;
        let at = self.at();
        let name = self.name("a type's name")?;
        let depth = self.depth;
        let old = match self.scope.ty(name, depth) {
            Ok(old) => old,
            Err(ParseErrorKind::UnknownType(_)) if self.is_partial => {
                self.pass_over()?;
                return Ok(true);
            }
            Err(kind) => return Err(at.error(kind)),
        };
        self.expect('+', "`+=`")?;
        self.expect('=', "`+=`")?;
        let wrong = || {
            at.error(ParseErrorKind::Redefinition {
                operator: "+=",
                ty: ParseErrorKind::quote(name),
            })
        };
        let def = old.def().ok_or_else(wrong)?;
        let kind = match &def.kind {
            TypeKind::Record(record) if is_record => TypeKind::Record(self.more_fields(record)?),
            TypeKind::Enum(names) if !is_record => TypeKind::Enum(self.more_names(names)?),
            _ => return Err(wrong()),
        };
        let ty = Type::Def(TypeDef { kind, ..(*def).clone() }.into());
        self.attributes(&ty)?;
        self.scope.add_type(def.name.clone(), ty);
        Ok(true)
    }

    fn more_fields(&mut self, old: &RecordType) -> Result<RecordType, ParseError> {
        let at = self.at();
        let more = self.record_fields()?.fields.unwrap_or_default();
        let mut fields = old.fields.clone().unwrap_or_default();
        let mut names: BTreeSet<Name> = fields.iter().map(|field| field.name.clone()).collect();
        for field in more {
            at.unique(&field.name, &mut names)?;
            if !field.has(AttributeTag::Optional) {
                let name = ParseErrorKind::quote(&field.name.to_string());
                return Err(at.error(ParseErrorKind::MandatoryField(name)));
            }
            fields.push(field);
        }
        let num_fields = u32::try_from(fields.len()).unwrap_or(u32::MAX);
        Ok(RecordType { num_fields, fields: Some(fields) })
    }

    fn more_names(&mut self, old: &EnumType) -> Result<EnumType, ParseError> {
        let at = self.at();
        let more = self.constants(old.counter)?;
        let mut names = old.names.clone();
        let mut known: BTreeSet<Name> = names.iter().map(|(name, _)| name.clone()).collect();
        for (name, number) in more.names {
            at.unique(&name, &mut known)?;
            names.push((name, number));
        }
        Ok(EnumType { counter: more.counter, names })
    }
}
