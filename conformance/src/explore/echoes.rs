//! The model of the echoes.

use brocomm::data::Value;

use crate::suite::{Outcome, Stop};

/// The values sent to be echoed, and those that were.
#[derive(Debug, Default)]
pub(super) struct Echoes {
    /// Whether the suite has requested the echoes.
    pub requested: bool,
    /// The values sent to be echoed, in order.
    sent: Vec<Value>,
    /// How many of them were sent before the request for echoes. The request may be handled before
    /// some of them, so the last of these are echoed, or none.
    before: usize,
    came: usize,
    /// The possible numbers of values that were not echoed. There may be several, since values may
    /// be equal.
    left_out: Option<Vec<usize>>,
    /// A value that was echoed but not sent.
    strange: Option<Value>,
}

impl Echoes {
    pub(super) fn new(requested: bool) -> Echoes {
        Echoes { requested, ..Echoes::default() }
    }

    /// Records a sent value.
    pub(super) fn expect(&mut self, value: &Value) {
        self.sent.push(value.clone());
        self.before += usize::from(!self.requested);
    }

    /// Checks an echoed value.
    pub(super) fn came(&mut self, value: &Value) -> Outcome {
        if !self.sent.contains(value) {
            // Either from a previous session, or wrong: in that case the next echo shows that one
            // is missing.
            self.strange = Some(value.clone());
            return Ok(());
        }
        if !self.requested {
            return Stop::failed(format!("{value} was echoed, although it was not requested"));
        }
        let left_out = self.left_out.take().unwrap_or_else(|| (0..=self.before).collect());
        let expected = left_out.first().and_then(|left_out| self.sent.get(left_out + self.came));
        let possible = |left_out: &usize| self.sent.get(left_out + self.came) == Some(value);
        let possible: Vec<usize> = left_out.iter().copied().filter(possible).collect();
        if possible.is_empty() {
            let expected = expected.map_or("nothing".to_owned(), Value::to_string);
            let strange = self.strange.as_ref().map(|value| format!("; {value} arrived before"));
            let strange = strange.unwrap_or_default();
            return Stop::failed(format!("{value} was echoed, expected {expected}{strange}"));
        }
        self.came += 1;
        self.left_out = Some(possible);
        Ok(())
    }

    /// Returns whether everything was echoed, if the last value sent is unique.
    pub(super) fn all_came(&self) -> bool {
        let last = |left_out: &usize| left_out + self.came == self.sent.len();
        match &self.left_out {
            Some(left_out) => left_out.iter().any(last),
            None => self.sent.len() == self.before,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: [Value; 3] = [Value::Count(1), Value::Count(2), Value::Count(3)];

    #[test]
    fn values_sent_before_the_request_may_be_echoed_from_any_point_on() {
        let [one, two, three] = &NUMBERS;
        // 1 and 1 before the request; 1, 2 and 3 after it.
        let fresh = || {
            let mut echoes = Echoes::new(false);
            [one, one].into_iter().for_each(|value| echoes.expect(value));
            echoes.requested = true;
            [one, two, three].into_iter().for_each(|value| echoes.expect(value));
            echoes
        };
        for (came, right) in [
            (vec![one, two, three], true),
            (vec![one, one, two, three], true),
            (vec![one, one, one, two, three], true),
            (vec![one, one, one, one, two, three], false),
            (vec![two, three], false),
            (vec![one, three], false),
            (vec![one, two, two, three], false),
        ] {
            let mut echoes = fresh();
            let taken = came.iter().try_for_each(|value| echoes.came(value));
            assert_eq!(taken.is_ok() && echoes.all_came(), right, "{came:?}");
        }
    }

    #[test]
    fn unexpected_echoes_are_reported_when_one_is_missing() {
        let [one, two, three] = &NUMBERS;
        let mut echoes = Echoes::new(true);
        echoes.expect(one);
        echoes.expect(two);
        assert_eq!(echoes.came(three), Ok(()));
        assert!(!echoes.all_came());
        let why = "2 was echoed, expected 1; 3 arrived before".to_owned();
        assert_eq!(echoes.came(two), Err(Stop::Failed(why)));
    }

    #[test]
    fn echoes_without_a_request_fail() {
        let [one, ..] = &NUMBERS;
        let mut echoes = Echoes::new(false);
        assert!(echoes.all_came());
        echoes.expect(one);
        assert!(echoes.all_came() && echoes.came(one).is_err());
    }
}
