"""What holders of accounts and cards permit, and what some of them took back."""

from datetime import timedelta

from experiments.simulator.accounts import STORE_CHAIN, WEB_SHOP
from experiments.simulator.chance import uniform
from experiments.simulator.ground import Ground

PURPOSES = ("recommendations", "training", "pooling")


def plant_consents(ground: Ground) -> None:
    """The table `planted_consents`: a row for each purpose that a holder of an account or card permits."""
    seed, dials = ground.seed, ground.dials
    keys = ("hash(holder || id)", "purpose_nth")
    end = f"TIMESTAMP '{ground.last + timedelta(microseconds=1)}'"
    back = f"granted_at + to_seconds({uniform(seed, 'taken back at', *keys)} * (epoch({end}) - epoch(granted_at)))"
    purposes = ", ".join(f"({nth}, '{purpose}')" for nth, purpose in enumerate(PURPOSES))
    ground.run(f"""
        CREATE TABLE planted_consents AS
        WITH holders AS (
            SELECT '{WEB_SHOP}' AS party, 'account' AS holder, id, created_at AS granted_at FROM account_holders
            UNION ALL SELECT '{STORE_CHAIN}', 'loyalty_card', id, created_at FROM card_holders
        ), asked AS (SELECT * FROM holders CROSS JOIN (VALUES {purposes}) AS purposes(purpose_nth, purpose))
        SELECT party, holder, id, left(holder, 1) || id || '-' || purpose_nth AS consent_id, purpose, granted_at,
            CASE WHEN {uniform(seed, "withdrawn", *keys)} < {dials.withdrawn} THEN CAST({back} AS TIMESTAMP) END
                AS withdrawn_at
        FROM asked WHERE {uniform(seed, "consent", *keys)} < {dials.consents}
    """)


def write_consents(ground: Ground) -> int:
    """The contract table `consents`; how many rows."""
    if not ground.dials.consents:
        return 0
    return ground.write("consents", "SELECT * FROM planted_consents ORDER BY holder, id, purpose")
