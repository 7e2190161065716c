/*
 * id_order.h
 *		The order of ids: that of their type's default btree operator class.
 */
#ifndef SYNTHDQ_PG_ID_ORDER_H
#define SYNTHDQ_PG_ID_ORDER_H

#include "postgres.h"

#include "fmgr.h"

/* What compares two ids of one type; copy it freely. */
typedef struct IdOrder
{
	bool is_bigint;
	FmgrInfo *compare; /* unless is_bigint */
	Oid collation;
} IdOrder;

/* An error if the type has no order. */
extern IdOrder id_order(Oid type);

/* Negative, 0 or positive, as a is less than, equal to or greater than b. */
extern int id_compare(const IdOrder *order, Datum a, Datum b);

#endif
