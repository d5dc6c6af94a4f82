//! Tests that steps of the wall clock do not affect timers.

use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

fn before(time: Time, by: Duration) -> Time {
    Time::from_nanos(time.as_nanos() - u64::try_from(by.as_nanos()).unwrap())
}

impl World {
    /// Raises an event now; returns its time as the peer receives it.
    fn raise(&mut self, now: Time) -> f64 {
        let raised = self.driver.communication_mut().raise(Event::new("e", vec![1u64.into()]), now);
        assert_eq!(raised.map(|raised| raised.peers), Ok(1));
        self.carry();
        let time = |got| match got {
            connection::ConnectionNotification::Event(event) => Some(event.time),
            _ => None,
        };
        let mut times = std::mem::take(&mut self.got).into_iter().filter_map(time);
        times.next_back().expect("the peer received the event")
    }

    /// Returns the times of the log lines with statistics.
    fn statistics(&mut self) -> Vec<Time> {
        settle(&mut self.driver);
        let time = |notified| match notified {
            Notification::Log(entry) if matches!(entry.line, CommLogLine::Statistics(_)) => {
                Some(entry.time)
            }
            _ => None,
        };
        self.notified().into_iter().filter_map(time).collect()
    }
}

#[test]
fn events_and_the_log_use_the_wall_clock_but_timers_do_not() {
    let second = Duration::from_secs(1);
    let steps: [fn(Time) -> Time; 4] =
        [|now| now, |now| now + HOUR, |now| before(now, HOUR), |now| now + HOUR * 24 * 365];
    let mut world = World::running(Options::default());
    let mut now = NOW;
    for (minutes, wall) in (0..).zip(steps) {
        let due = NOW + MINUTE * (minutes + 1);
        now += second;
        world.driver.feed_clock(now, wall(now));
        assert_eq!(world.driver.communication().wall_clock(), wall(now));
        assert_eq!(world.raise(now), wall(now).as_secs_f64());
        assert_eq!(world.driver.poll_task(now, Waker::noop()), Task::Wait { until: Some(due) });
        assert_eq!(world.statistics(), [], "a step does not trigger a timer");
        let just_before = before(due, second);
        world.driver.feed_clock(just_before, wall(just_before));
        assert_eq!(world.statistics(), []);
        world.driver.feed_clock(due, wall(due));
        assert_eq!(world.statistics(), [wall(due)], "a step does not delay a timer");
        now = due;
    }
    // An event with a time keeps it.
    let own = Event { time: 1.5, ..event(1) };
    assert_eq!(world.driver.communication_mut().raise(own, now).map(|raised| raised.peers), Ok(1));
    world.carry();
    let kept = world.got.iter().any(
        |got| matches!(got, connection::ConnectionNotification::Event(event) if event.time == 1.5),
    );
    assert!(kept);
}

#[test]
fn a_clock_that_was_never_set_shows_the_epoch() {
    let mut world = World::running(Options::default());
    world.driver.feed_clock(NOW, Time::EPOCH);
    assert_eq!(world.driver.communication().wall_clock(), Time::EPOCH);
    let now = NOW + MINUTE;
    world.driver.feed_clock(now, Time::EPOCH + MINUTE);
    assert_eq!(world.statistics(), [Time::EPOCH + MINUTE]);
}
