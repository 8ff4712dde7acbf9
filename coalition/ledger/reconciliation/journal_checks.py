"""The journal with itself: what is kept beside the entries, for speed or to explain them, must be what they add up to.

Each check is one statement, so it sees one moment of a database that goes on working. It selects what is wrong, with
what its sentence names.
"""

from collections.abc import Iterator

from peewee import DatabaseError

from coalition.ledger.reconciliation.differences import Difference
from coalition.store.database import execute

_GIVING = "('accrual', 'redemption_reversal', 'reward', 'adjustment_increase')"
_TAKING = "('redemption', 'accrual_reversal', 'expiry', 'adjustment_decrease')"

_MEMBERS = (
    (
        "member {} has a balance of {}, postings of {} and lots of {}",
        "SELECT m.public_id, m.balance, COALESCE(p.points, 0), COALESCE(l.points, 0) FROM member m LEFT JOIN"
        f" (SELECT member_id, SUM(CASE WHEN kind IN {_GIVING} THEN points ELSE -points END) AS points"
        " FROM entry GROUP BY member_id) p ON p.member_id = m.id"
        " LEFT JOIN (SELECT member_id, SUM(remaining) AS points FROM lot GROUP BY member_id) l ON l.member_id = m.id"
        " WHERE m.balance <> COALESCE(p.points, 0) OR m.balance <> COALESCE(l.points, 0)",
    ),
    (
        "member {} has {} points pending and {} in pending lots, {} held and {} held in lots, {} owed and {} in debts",
        "SELECT m.public_id, m.pending, COALESCE(l.pending, 0), m.held, COALESCE(l.held, 0), m.debt,"
        " COALESCE(d.points, 0) FROM member m"
        " LEFT JOIN (SELECT member_id, SUM(CASE WHEN pending_until IS NULL THEN 0 ELSE remaining END) AS pending,"
        " SUM(held) AS held FROM lot GROUP BY member_id) l ON l.member_id = m.id"
        " LEFT JOIN (SELECT member_id, SUM(remaining) AS points FROM debt GROUP BY member_id) d ON d.member_id = m.id"
        " WHERE m.pending <> COALESCE(l.pending, 0) OR m.held <> COALESCE(l.held, 0)"
        " OR m.debt <> COALESCE(d.points, 0)",
    ),
)

_PARTNERS = (
    (
        "partner {} has {} points outstanding, and {} in lots",
        "SELECT a.name, a.outstanding, COALESCE(l.points, 0) FROM partner a"
        " LEFT JOIN (SELECT issuer_id, SUM(remaining) AS points FROM lot GROUP BY issuer_id) l ON l.issuer_id = a.id"
        " WHERE a.outstanding <> COALESCE(l.points, 0)",
    ),
    (
        "partner {} has issued {} points, and its entries {}",
        "SELECT a.name, a.issued, COALESCE(e.points, 0) FROM partner a LEFT JOIN"
        " (SELECT issuer_id, SUM(points) AS points FROM entry"
        " WHERE kind IN ('accrual', 'reward', 'adjustment_increase') GROUP BY issuer_id) e ON e.issuer_id = a.id"
        " WHERE a.issued <> COALESCE(e.points, 0)",
    ),
    (
        "partner {} is {} with a limit of {}, and its last change made it {} with {}",
        "SELECT a.name, a.status, a.limit_points, c.status, c.limit_points FROM partner a"
        " LEFT JOIN partner_change c ON c.id = (SELECT x.id FROM partner_change x WHERE x.partner_id = a.id"
        " ORDER BY x.after_entry DESC, x.id DESC LIMIT 1)"
        " WHERE c.id IS NULL OR a.status <> c.status OR a.limit_points > c.limit_points"
        # The chain hears only from time to time of how far a limit has fallen that was bought in advance.
        " OR (a.funding <> 'prepaid' AND a.limit_points <> c.limit_points)",
    ),
)

_LOTS = (
    (
        "lot of entry {} is of {} points and has {} left; its entry and uses say otherwise",
        "SELECT o.public_id, l.points, l.remaining FROM lot l JOIN entry o ON o.id = l.entry_id LEFT JOIN"
        f" (SELECT u.lot_id, SUM(CASE WHEN e.kind IN {_TAKING} THEN u.points ELSE -u.points END) AS points"
        " FROM lot_use u JOIN entry e ON e.id = u.entry_id GROUP BY u.lot_id) u ON u.lot_id = l.entry_id"
        " WHERE l.points <> o.points OR l.issuer_id <> o.issuer_id OR l.member_id <> o.member_id"
        " OR l.remaining <> l.points - COALESCE(u.points, 0)",
    ),
    (
        "entry {} gave points, and there is no lot of them",
        "SELECT e.public_id FROM entry e LEFT JOIN lot l ON l.entry_id = e.id"
        " WHERE e.kind IN ('accrual', 'reward', 'adjustment_increase') AND l.entry_id IS NULL",
    ),
    (
        "entry {} moved {} points, and {} of lots",
        "SELECT e.public_id, e.points, COALESCE(u.points, 0) FROM entry e LEFT JOIN"
        " (SELECT u.entry_id, SUM(u.points) AS points FROM lot_use u JOIN entry e ON e.id = u.entry_id"
        " JOIN lot l ON l.entry_id = u.lot_id AND l.issuer_id = e.issuer_id AND l.member_id = e.member_id"
        " GROUP BY u.entry_id) u ON u.entry_id = e.id"
        f" WHERE (e.kind IN {_TAKING} OR e.kind = 'redemption_reversal') AND e.points <> COALESCE(u.points, 0)",
    ),
    (
        "lot of entry {} lapses at {}, neither when its purchase says, {}, nor when its extensions say",
        "SELECT o.public_id, l.expires_at, p.expires_at FROM lot l JOIN entry o ON o.id = l.entry_id"
        " JOIN purchase p ON p.public_id = o.source WHERE l.expires_at <> p.expires_at"
        " AND NOT EXISTS (SELECT 1 FROM lot_extension x WHERE x.lot_id = l.entry_id)",
    ),
    (
        "lot of entry {} lapses at {}, and its last extension says {}",
        "SELECT o.public_id, l.expires_at, x.expires_at FROM lot_extension x JOIN lot l ON l.entry_id = x.lot_id"
        " JOIN entry o ON o.id = l.entry_id WHERE x.id = (SELECT MAX(y.id) FROM lot_extension y"
        " WHERE y.lot_id = x.lot_id) AND l.expires_at <> x.expires_at",
    ),
    (
        "lot of entry {} was extended from {}, which is not when it was to lapse until then",
        "SELECT o.public_id, x.previous_expires_at FROM lot_extension x JOIN entry o ON o.id = x.lot_id"
        " LEFT JOIN purchase p ON p.public_id = o.source WHERE x.previous_expires_at <> COALESCE((SELECT y.expires_at"
        " FROM lot_extension y WHERE y.lot_id = x.lot_id AND y.id < x.id ORDER BY y.id DESC LIMIT 1), p.expires_at,"
        " x.previous_expires_at)",
    ),
    (
        "lot of entry {} can be spent from {}, and its purchase says from {}",
        "SELECT o.public_id, l.pending_until, p.available_at FROM lot l JOIN entry o ON o.id = l.entry_id"
        " JOIN purchase p ON p.public_id = o.source WHERE l.pending_until <> p.available_at",
    ),
    (
        "lot of entry {} has {} points held, and {} in open holds",
        "SELECT o.public_id, l.held, COALESCE(h.points, 0) FROM lot l JOIN entry o ON o.id = l.entry_id"
        " LEFT JOIN (SELECT u.lot_id, SUM(u.points) AS points FROM held_lot u JOIN hold h ON h.id = u.hold_id"
        " WHERE h.status = 'open' GROUP BY u.lot_id) h ON h.lot_id = l.entry_id WHERE l.held <> COALESCE(h.points, 0)",
    ),
    (
        "hold {} is of {} points, and sets {} aside, or {} of them are captured",
        "SELECT h.public_id, h.points, COALESCE(u.points, 0), h.captured_points FROM hold h"
        " LEFT JOIN (SELECT u.hold_id, SUM(u.points) AS points FROM held_lot u JOIN hold h ON h.id = u.hold_id"
        " JOIN lot l ON l.entry_id = u.lot_id AND l.member_id = h.member_id GROUP BY u.hold_id) u ON u.hold_id = h.id"
        " WHERE h.points <> COALESCE(u.points, 0) OR h.captured_points > h.points"
        " OR (h.captured_points > 0) <> (h.status = 'captured') OR (h.ended_at IS NULL) <> (h.status = 'open')",
    ),
)

_PURCHASES = (
    (
        "purchase {} says {} points accrued, {} redeemed; its entries say otherwise",
        "SELECT u.public_id, u.points_accrued, u.points_redeemed FROM purchase u LEFT JOIN"
        " (SELECT source, SUM(CASE kind WHEN 'accrual' THEN points ELSE 0 END) AS accrued,"
        " SUM(CASE kind WHEN 'redemption' THEN points ELSE 0 END) AS redeemed FROM entry GROUP BY source) e"
        " ON e.source = u.public_id"
        " WHERE u.points_accrued <> COALESCE(e.accrued, 0) OR u.points_redeemed <> COALESCE(e.redeemed, 0)",
    ),
    (
        "purchase {} says {} points accrued, and its awards come to {}",
        "SELECT u.public_id, u.points_accrued, COALESCE(a.points, 0) FROM purchase u LEFT JOIN (SELECT purchase_id,"
        " SUM(points) AS points FROM award GROUP BY purchase_id) a ON a.purchase_id = u.id"
        " WHERE u.points_accrued <> COALESCE(a.points, 0)",
    ),
    (
        "purchase {} says {} refunded and {} points given back; its returns say otherwise",
        "SELECT u.public_id, u.refunded_minor, u.points_given_back FROM purchase u LEFT JOIN (SELECT purchase_id,"
        " SUM(refund_minor + deducted_minor) AS refunded, SUM(points_given_back) AS given FROM goods_return"
        " GROUP BY purchase_id) r ON r.purchase_id = u.id"
        " WHERE u.refunded_minor <> COALESCE(r.refunded, 0) OR u.points_given_back <> COALESCE(r.given, 0)",
    ),
)

_RETURNS = (
    (
        "return {} says {} points reversed; the awards that went with it say otherwise",
        "SELECT r.public_id, r.points_reversed FROM goods_return r LEFT JOIN (SELECT goods_return_id,"
        " SUM(points) AS points FROM award_reversal GROUP BY goods_return_id) a ON a.goods_return_id = r.id"
        " WHERE r.points_reversed <> COALESCE(a.points, 0)",
    ),
    (
        "return {} took back points of an award that its purchase has not",
        "SELECT r.public_id FROM award_reversal v JOIN goods_return r ON r.id = v.goods_return_id LEFT JOIN award a"
        " ON a.purchase_id = r.purchase_id AND a.position = v.position AND a.rule = v.rule"
        " AND a.issuer_id = v.issuer_id AND a.points >= v.points WHERE a.purchase_id IS NULL",
    ),
    (
        "return {} is at another partner than its purchase",
        "SELECT r.public_id FROM goods_return r JOIN purchase p ON p.id = r.purchase_id"
        " WHERE r.partner_id <> p.partner_id",
    ),
    (
        "return {} says {} points given back, and its entries {}",
        "SELECT r.public_id, r.points_given_back, COALESCE(e.points, 0) FROM goods_return r LEFT JOIN"
        " (SELECT source, SUM(points) AS points FROM entry WHERE kind = 'redemption_reversal' GROUP BY source) e"
        " ON e.source = r.public_id WHERE r.points_given_back <> COALESCE(e.points, 0)",
    ),
    (
        "return {} says {} points deducted and {} owed; its debts and what was issued for them say otherwise",
        "SELECT r.public_id, r.points_deducted, r.points_owed FROM goods_return r LEFT JOIN (SELECT d.source,"
        " SUM(d.points) AS points, SUM(COALESCE(e.points, 0)) AS deducted FROM debt d"
        " LEFT JOIN entry e ON e.source = d.public_id GROUP BY d.source) d ON d.source = r.public_id"
        " WHERE r.points_deducted <> COALESCE(d.deducted, 0)"
        " OR r.points_owed <> COALESCE(d.points, 0) - r.points_deducted",
    ),
    (
        "return {} says goods of {}, refunded with {} and {} deducted; its lines say otherwise",
        "SELECT r.public_id, r.amount_minor, r.refund_minor, r.deducted_minor FROM goods_return r LEFT JOIN"
        " (SELECT goods_return_id, SUM(amount_minor) AS amount, SUM(discount_minor) AS discount FROM returned_line"
        " GROUP BY goods_return_id) l ON l.goods_return_id = r.id WHERE r.amount_minor <> COALESCE(l.amount, 0)"
        " OR r.refund_minor + r.deducted_minor <> r.amount_minor - COALESCE(l.discount, 0)",
    ),
    (
        "of line {} of purchase {}, {} pieces came back, and fewer were bought",
        "SELECT l.line_id, p.public_id, b.quantity FROM purchase_line l JOIN (SELECT r.purchase_id, u.position,"
        " SUM(u.quantity) AS quantity FROM returned_line u JOIN goods_return r ON r.id = u.goods_return_id"
        " GROUP BY r.purchase_id, u.position) b ON b.purchase_id = l.purchase_id AND b.position = l.position"
        " JOIN purchase p ON p.id = l.purchase_id"
        " WHERE b.quantity > CASE WHEN l.quantity < 1 THEN 1 ELSE l.quantity END",
    ),
)

_OTHERS = (
    (
        "debt {} was of {} points and has {} left; its repayments say otherwise",
        "SELECT d.public_id, d.points, d.remaining FROM debt d LEFT JOIN (SELECT debt_id, SUM(points) AS points"
        " FROM debt_repayment GROUP BY debt_id) r ON r.debt_id = d.id"
        " WHERE d.remaining <> d.points - COALESCE(r.points, 0) OR d.remaining < 0",
    ),
    (
        "repayment {} is of {} points, and its entries of {}",
        "SELECT r.public_id, r.points, COALESCE(e.points, 0) FROM debt_repayment r JOIN debt d ON d.id = r.debt_id"
        " LEFT JOIN (SELECT source, partner_id, SUM(points) AS points FROM entry"
        " WHERE kind = 'redemption' GROUP BY source, partner_id) e ON e.source = r.public_id"
        " AND e.partner_id = d.creditor_id WHERE r.points <> COALESCE(e.points, 0)",
    ),
    (
        "redemption {} is of {} points, and its entries of {}",
        "SELECT r.public_id, r.points, COALESCE(e.points, 0) FROM redemption r LEFT JOIN (SELECT source, SUM(points)"
        " AS points FROM entry WHERE kind = 'redemption' GROUP BY source) e ON e.source = r.public_id"
        " WHERE r.points <> COALESCE(e.points, 0)",
    ),
    (
        "redemption {} is {}, and its entries say otherwise",
        "SELECT r.public_id, CASE WHEN r.reversed_at IS NULL THEN 'not reversed' ELSE 'reversed' END FROM redemption r"
        " WHERE (r.reversed_at IS NULL) = EXISTS (SELECT 1 FROM entry e WHERE e.source = r.public_id"
        " AND e.kind = 'redemption_reversal')",
    ),
    (
        "adjustment {} of {} points is {}; its entries say otherwise",
        "SELECT a.public_id, a.points, a.status FROM adjustment a LEFT JOIN"
        f" (SELECT source, SUM(CASE WHEN kind IN {_GIVING} THEN points ELSE -points END) AS points FROM entry"
        " GROUP BY source) e ON e.source = a.public_id"
        " WHERE COALESCE(e.points, 0) <> CASE a.status WHEN 'posted' THEN a.points ELSE 0 END"
        " OR (a.status = 'proposed') <> (a.decided_by IS NULL)",
    ),
    (
        "gift {} is for {} members, has {} of them waiting, and is {}",
        "SELECT g.public_id, g.recipients, COALESCE(r.waiting, 0), g.status FROM gift g LEFT JOIN (SELECT gift_id,"
        " COUNT(*) AS members, SUM(CASE WHEN given_at IS NULL THEN 1 ELSE 0 END) AS waiting FROM gift_recipient"
        " GROUP BY gift_id) r ON r.gift_id = g.id WHERE g.recipients <> COALESCE(r.members, 0)"
        " OR (g.status = 'given' AND r.waiting > 0) OR (g.status = 'proposed') <> (g.decided_by IS NULL)",
    ),
    (
        "gift {} is marked as given to member {}, and the journal does not say so",
        "SELECT g.public_id, m.public_id FROM gift_recipient r JOIN gift g ON g.id = r.gift_id"
        " JOIN member m ON m.id = r.member_id WHERE r.given_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM entry e"
        " WHERE e.source = g.public_id || '/' || m.public_id AND e.points = g.points AND e.issuer_id = g.issuer_id)",
    ),
    (
        "tier purchase {} cost {} points, and its entries come to {}",
        "SELECT t.public_id, t.paid_points, COALESCE(e.points, 0) FROM tier_purchase t LEFT JOIN (SELECT source,"
        " SUM(points) AS points FROM entry WHERE kind = 'redemption' GROUP BY source) e ON e.source = t.public_id"
        " WHERE t.paid_points <> COALESCE(e.points, 0)",
    ),
)

_CHECKS = _MEMBERS + _PARTNERS + _LOTS + _PURCHASES + _RETURNS + _OTHERS


def compare_journal_with_itself() -> Iterator[Difference]:
    for sentence, statement in _CHECKS:
        try:
            rows = execute(statement).fetchall()
        except DatabaseError as error:
            yield Difference(f"the database cannot add up what it has: {error}")
            continue
        for row in rows:
            yield Difference(sentence.format(*row))
